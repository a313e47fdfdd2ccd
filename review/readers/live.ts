import { all, requireList } from './list';
import { idPart, nameIn } from './resources/labels';
import { Unresolved, type Resource, type Value } from './values';

/** The part of a Cloud Foundry client that reading needs. */
export interface Platform {
  get: (path: string) => Promise<Readonly<Record<string, unknown>>>;
  /** The account. @default - not known */
  readonly identity?: { readonly id: string; readonly name: string; readonly scopes: readonly string[] };
}

export type Item = Readonly<Record<string, unknown>> & { readonly guid: string };

const STACK = 'live';
/** Ids per query, because the length of a request line is limited. */
const IDS = 50;

/**
 * What a foundation has, in the form of the provider's resources, so that one reader handles plans and the platform. It
 * only reads and needs no more than an auditor's role, except for allowlists, which are in the environment.
 *
 * @param spaces ids as `org/space`
 */
export async function readPlatform(platform: Platform, spaces: readonly string[]): Promise<Resource[]> {
  const organizations = await inOrganizations(platform, spaces);
  const found = await inSpaces(platform, organizations);
  const wanted = found.filter(({ id }) => spaces.includes(id));
  return (await readSpaces(platform, organizations, wanted, () => true)).resources;
}

export interface SpaceItem {
  readonly item: Item;
  readonly org: string;
  /** `org/space` */
  readonly id: string;
  /** Whether the space allows SSH. @default - not read */
  readonly ssh?: Value;
}

export interface Read {
  readonly resources: Resource[];
  /** Applications of the requested spaces. */
  readonly applications: readonly Item[];
}

/**
 * Everything in some spaces, and what it is connected to elsewhere.
 *
 * @param variablesOf whether to read the variables of an application, given whether a policy leads to it
 */
export async function readSpaces(
  platform: Platform,
  organizations: readonly Item[],
  found: readonly SpaceItem[],
  variablesOf: (item: Item, connected: boolean) => boolean,
): Promise<Read> {
  const spaceIds = found.map(({ item }) => item.guid);
  const applications = await chunked(spaceIds, (ids) => all(platform, `/v3/apps?space_guids=${ids}`));
  const routes = await chunked(spaceIds, (ids) => all(platform, `/v3/routes?space_guids=${ids}`));
  const policies = await policiesOf(platform, applications);
  const elsewhere = await neighbours(platform, applications, policies);
  const homes = new Map(found.map((space) => [space.item.guid, space]));
  const connected = new Set(policies?.map(({ destination }) => destination.id));
  const resources = [
    ...organizations.map((item) => resource('cloudfoundry_org', item.guid, { name: item.name as string }, false)),
    ...found.map(({ item, org, ssh = true }) =>
      resource('cloudfoundry_space', item.guid, { name: item.name as string, org, allow_ssh: ssh }),
    ),
    ...(await all(platform, '/v3/security_groups')).map(groupOf),
    ...(await Promise.all(
      applications.map((item) =>
        applicationOf(platform, item, homes, variablesOf(item, policies === undefined || connected.has(item.guid))),
      ),
    )),
    ...elsewhere,
    ...(policies === undefined ? [UNREAD_POLICIES] : policies.map(policyOf)),
    ...(await all(platform, '/v3/domains')).map((item) =>
      resource(
        'cloudfoundry_domain',
        item.guid,
        { name: item.name as string, internal: item.internal as boolean },
        false,
      ),
    ),
    ...routes.map(routeOf),
  ];
  return { resources, applications };
}

async function inOrganizations(platform: Platform, spaces: readonly string[]): Promise<Item[]> {
  const names = [...new Set(spaces.map((id) => nameIn(id.split('/')[0] ?? '')))];
  return all(platform, `/v3/organizations?names=${names.map(encodeURIComponent).join()}`);
}

export async function inSpaces(platform: Platform, organizations: readonly Item[]): Promise<SpaceItem[]> {
  const found = await Promise.all(
    organizations.map(async ({ guid, name }) =>
      (await all(platform, `/v3/spaces?organization_guids=${guid}`)).map((item) => ({
        item,
        org: guid,
        id: [name, item.name].map((each) => idPart(each as string)).join('/'),
      })),
    ),
  );
  return found.flat();
}

function groupOf(item: Item): Resource {
  const global = item.globally_enabled as { running?: boolean; staging?: boolean } | undefined;
  const bound = (stage: string): string[] => relationship(item, `${stage}_spaces`).map(({ guid }) => guid);
  return resource('cloudfoundry_security_group', item.guid, {
    name: item.name as string,
    rules: item.rules as Value,
    globally_enabled_running: global?.running ?? false,
    globally_enabled_staging: global?.staging ?? false,
    running_spaces: bound('running'),
    staging_spaces: bound('staging'),
  });
}

async function applicationOf(
  platform: Platform,
  item: Item,
  homes: ReadonlyMap<string, SpaceItem>,
  withVariables: boolean,
): Promise<Resource> {
  const home = homes.get(relationship(item, 'space')[0]?.guid ?? '');
  const [org = '', space = ''] = (home?.id ?? '').split('/').map(nameIn);
  const [environment, ssh] = await Promise.all([
    withVariables
      ? attempt(platform, `/v3/apps/${item.guid}/environment_variables`, ({ var: values }) => values as Value)
      : {},
    // If the space forbids it, the application's own setting makes no difference.
    home?.ssh === false
      ? false
      : attempt(platform, `/v3/apps/${item.guid}/features/ssh`, ({ enabled }) => enabled as Value),
  ]);
  return resource('cloudfoundry_app', item.guid, {
    name: item.name as string,
    org_name: org,
    space_name: space,
    docker_image: isDocker(item) ? 'an image' : null,
    buildpacks: buildpacksOf(item) ?? null,
    environment,
    enable_ssh: ssh,
  });
}

interface Lifecycle {
  readonly type?: string;
  readonly data?: { readonly buildpacks?: string[] };
}

export function isDocker(item: Item): boolean {
  return (item.lifecycle as Lifecycle | undefined)?.type === 'docker';
}

export function buildpacksOf(item: Item): readonly string[] | undefined {
  return (item.lifecycle as Lifecycle | undefined)?.data?.buildpacks;
}

interface LivePolicy {
  readonly source: { readonly id: string };
  readonly destination: {
    readonly id: string;
    readonly protocol: string;
    readonly ports: { readonly start: number; readonly end: number };
  };
}

/** Undefined if the account isn't allowed to query the policy server. */
async function policiesOf(platform: Platform, applications: readonly Item[]): Promise<LivePolicy[] | undefined> {
  try {
    const policies = await chunked(
      applications.map(({ guid }) => guid),
      async (ids) => {
        const path = `/networking/v1/external/policies?id=${ids}`;
        return requireList(path, (await platform.get(path)).policies as LivePolicy[] | undefined);
      },
    );
    return [...new Map(policies.map((policy) => [JSON.stringify(policy), policy])).values()];
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return undefined;
  }
}

/**
 * Whether the platform answered that this account isn't allowed. Checked by shape, because clients have their own error
 * classes.
 */
export function isRefusal(error: unknown): boolean {
  const { status } = error as { readonly status?: unknown };
  return status === 401 || status === 403 || status === 404;
}

/** Whether the platform didn't answer, or not with what was requested; also checked by shape. */
export function isUnanswered(error: unknown): error is Error {
  return error instanceof Error && (error.name === 'NoAnswer' || error.name === 'Refusal');
}

const UNREAD_POLICIES = resource('cloudfoundry_network_policy', 'unread', {
  policies: new Unresolved('policies', 'this account may not read network policies'),
});

/**
 * Applications at the other end of policies, in spaces that weren't requested, or even in organizations that the
 * account can't see.
 */
async function neighbours(
  platform: Platform,
  applications: readonly Item[],
  policies: readonly LivePolicy[] = [],
): Promise<Resource[]> {
  const known = new Set(applications.map(({ guid }) => guid));
  const ends = new Set(policies.flatMap(({ source, destination }) => [source.id, destination.id]));
  return chunked(
    [...ends].filter((id) => !known.has(id)),
    async (ids) => {
      const path = `/v3/apps?guids=${ids}&include=space.organization&per_page=${IDS}`;
      const answer = await platform.get(path);
      const { spaces = [], organizations = [] } = (answer.included ?? {}) as Partial<Record<string, Item[]>>;
      return requireList(path, answer.resources as Item[] | undefined).map((item) => {
        const guid = relationship(item, 'space')[0]?.guid ?? '';
        const space = spaces.find((one) => one.guid === guid);
        const home = space === undefined ? undefined : relationship(space, 'organization')[0]?.guid;
        const org = organizations.find((one) => one.guid === home);
        const values = {
          name: item.name as string,
          org_name: (org?.name as string | undefined) ?? 'elsewhere',
          space_name: (space?.name as string | undefined) ?? guid,
        };
        return resource('cloudfoundry_app', item.guid, values, false);
      });
    },
  );
}

function policyOf({ source, destination }: LivePolicy): Resource {
  const { start, end } = destination.ports;
  const port = start === end ? `${start}` : `${start}-${end}`;
  return resource('cloudfoundry_network_policy', `${source.id}-${destination.id}-${port}`, {
    policies: [{ source_app: source.id, destination_app: destination.id, protocol: destination.protocol, port }],
  });
}

function routeOf(item: Item): Resource {
  const destinations = item.destinations as readonly { app: { guid: string } }[];
  return resource('cloudfoundry_route', item.guid, {
    host: item.host as string,
    path: item.path as string,
    url: item.url as string,
    domain: relationship(item, 'domain')[0]?.guid ?? '',
    destinations: destinations.map(({ app }) => ({ app_id: app.guid })),
  });
}

function resource(type: string, id: string, values: Resource['values'], managed = true): Resource {
  return { stack: STACK, address: `${type}.${id}`, managed, type, values: { ...values, id } };
}

/** A relationship to one or several things. */
export function relationship(item: Item, name: string): readonly { readonly guid: string }[] {
  const { data } = (item.relationships as Record<string, { data?: unknown }> | undefined)?.[name] ?? {};
  if (data === undefined || data === null) return [];
  return (Array.isArray(data) ? data : [data]) as { guid: string }[];
}

/** The reason when only other roles could read something. */
export const MAY_NOT = 'this account may not read it';

/** Whatever couldn't be read is unknown; the rest isn't affected. */
export async function attempt(
  platform: Platform,
  path: string,
  read: (answer: Readonly<Record<string, unknown>>) => Value,
): Promise<Value> {
  try {
    const value = read(await platform.get(path)) as Value | undefined;
    return value ?? new Unresolved(path, 'it could not be read: the answer does not say it');
  } catch (error) {
    const because = `it could not be read: ${error instanceof Error ? error.message : String(error)}`;
    return new Unresolved(path, isRefusal(error) ? MAY_NOT : because);
  }
}

async function chunked<T>(ids: readonly string[], read: (ids: string) => Promise<readonly T[]>): Promise<T[]> {
  const answers: T[] = [];
  for (let at = 0; at < ids.length; at += IDS) answers.push(...(await read(ids.slice(at, at + IDS).join())));
  return answers;
}
