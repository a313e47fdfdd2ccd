import { Unresolved, type Resource, type Value } from './values';

/** As much of a Cloud Foundry client as reading takes. */
export interface Platform {
  get: (path: string) => Promise<Readonly<Record<string, unknown>>>;
}

type Item = Readonly<Record<string, unknown>> & { readonly guid: string };

const STACK = 'live';
const PAGE = 200;
/** Ids in one query: a line of a request is not endless. */
const IDS = 50;

/**
 * What a foundation has, in the form of the provider's resources, so that one reader serves plans and platform alike.
 * Only reads; needs no more than the role of an auditor, except for allowlists, which are in the environment.
 *
 * @param spaces ids as `org/space`
 */
export async function readPlatform(platform: Platform, spaces: readonly string[]): Promise<Resource[]> {
  const organizations = await inOrganizations(platform, spaces);
  const found = await inSpaces(platform, organizations, spaces);
  const spaceIds = found.map(({ item }) => item.guid);
  const applications = await chunked(spaceIds, (ids) => all(platform, `/v3/apps?space_guids=${ids}`));
  const routes = await chunked(spaceIds, (ids) => all(platform, `/v3/routes?space_guids=${ids}`));
  const policies = await policiesOf(platform, applications);
  const elsewhere = await neighbours(platform, applications, policies);
  const names = new Map(found.map(({ item, id }) => [item.guid, id]));
  return [
    ...organizations.map((item) => resource('cloudfoundry_org', item.guid, { name: item.name as string }, false)),
    ...found.map(({ item, org }) =>
      resource('cloudfoundry_space', item.guid, { name: item.name as string, org, allow_ssh: true }),
    ),
    ...(await all(platform, '/v3/security_groups')).map(groupOf),
    ...(await Promise.all(applications.map((item) => applicationOf(platform, item, names)))),
    ...elsewhere.map((item) => neighbourOf(item)),
    ...policies.map(policyOf),
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
}

async function inOrganizations(platform: Platform, spaces: readonly string[]): Promise<Item[]> {
  const names = [...new Set(spaces.map((id) => id.split('/')[0] ?? ''))];
  return all(platform, `/v3/organizations?names=${names.map(encodeURIComponent).join()}`);
}

async function inSpaces(platform: Platform, organizations: readonly Item[], wanted: readonly string[]) {
  const found = await Promise.all(
    organizations.map(async ({ guid, name }) =>
      (await all(platform, `/v3/spaces?organization_guids=${guid}`)).map((item) => ({
        item,
        org: guid,
        id: `${name as string}/${item.name as string}`,
      })),
    ),
  );
  return found.flat().filter(({ id }) => wanted.includes(id));
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

async function applicationOf(platform: Platform, item: Item, spaces: ReadonlyMap<string, string>): Promise<Resource> {
  const [home] = relationship(item, 'space');
  const [org = '', space = ''] = (spaces.get(home?.guid ?? '') ?? '').split('/');
  const lifecycle = item.lifecycle as { type?: string; data?: { buildpacks?: string[] } } | undefined;
  const [environment, ssh] = await Promise.all([
    attempt(platform, `/v3/apps/${item.guid}/environment_variables`, ({ var: values }) => values as Value),
    attempt(platform, `/v3/apps/${item.guid}/features/ssh`, ({ enabled }) => enabled as Value),
  ]);
  return resource('cloudfoundry_app', item.guid, {
    name: item.name as string,
    org_name: org,
    space_name: space,
    docker_image: lifecycle?.type === 'docker' ? 'an image' : null,
    buildpacks: lifecycle?.data?.buildpacks ?? null,
    environment,
    enable_ssh: ssh,
  });
}

/** At the other end of a policy, in a space that is not asked about. */
function neighbourOf(item: Item): Resource {
  return resource(
    'cloudfoundry_app',
    item.guid,
    { name: item.name as string, org_name: 'elsewhere', space_name: relationship(item, 'space')[0]?.guid ?? '' },
    false,
  );
}

interface LivePolicy {
  readonly source: { readonly id: string };
  readonly destination: {
    readonly id: string;
    readonly protocol: string;
    readonly ports: { readonly start: number; readonly end: number };
  };
}

async function policiesOf(platform: Platform, applications: readonly Item[]): Promise<LivePolicy[]> {
  const policies = await chunked(
    applications.map(({ guid }) => guid),
    async (ids) => (await platform.get(`/networking/v1/external/policies?id=${ids}`)).policies as LivePolicy[],
  );
  return [...new Map(policies.map((policy) => [JSON.stringify(policy), policy])).values()];
}

async function neighbours(
  platform: Platform,
  applications: readonly Item[],
  policies: readonly LivePolicy[],
): Promise<Item[]> {
  const known = new Set(applications.map(({ guid }) => guid));
  const ends = new Set(policies.flatMap(({ source, destination }) => [source.id, destination.id]));
  return chunked(
    [...ends].filter((id) => !known.has(id)),
    (ids) => all(platform, `/v3/apps?guids=${ids}`),
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

/** A relationship to one thing or to several. */
function relationship(item: Item, name: string): readonly { readonly guid: string }[] {
  const { data } = (item.relationships as Record<string, { data?: unknown }> | undefined)?.[name] ?? {};
  if (data === undefined || data === null) return [];
  return (Array.isArray(data) ? data : [data]) as { guid: string }[];
}

/** What the account may not read is unknown, and nothing else. */
async function attempt(
  platform: Platform,
  path: string,
  read: (answer: Readonly<Record<string, unknown>>) => Value,
): Promise<Value> {
  try {
    return read(await platform.get(path));
  } catch (error) {
    return new Unresolved(path, `it could not be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function all(platform: Platform, path: string): Promise<Item[]> {
  const items: Item[] = [];
  for (let page = 1; ; page += 1) {
    const separator = path.includes('?') ? '&' : '?';
    const answer = await platform.get(`${path}${separator}per_page=${PAGE}&page=${page}`);
    items.push(...(answer.resources as Item[]));
    const { total_pages: pages } = answer.pagination as { total_pages: number };
    if (page >= pages) return items;
  }
}

async function chunked<T>(ids: readonly string[], read: (ids: string) => Promise<readonly T[]>): Promise<T[]> {
  const answers: T[] = [];
  for (let at = 0; at < ids.length; at += IDS) answers.push(...(await read(ids.slice(at, at + IDS).join())));
  return answers;
}
