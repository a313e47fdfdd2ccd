import { grouped } from '../model/maps';
import { all } from '../readers/list';
import {
  MAY_NOT,
  attempt,
  buildpacksOf,
  inSpaces,
  isDocker,
  readSpaces,
  relationship,
  type Item,
  type Platform,
  type SpaceItem,
} from '../readers/live';
import { idPart } from '../readers/resources/labels';
import { Unresolved, type Resource } from '../readers/values';
import type { Unseen } from './document';

/** What was read about an organization, and what couldn't be. */
export interface Reading {
  readonly organization: string;
  /** The account, if known. */
  readonly account?: string;
  readonly resources: readonly Resource[];
  /** Ids of applications without running instances. */
  readonly stopped: ReadonlySet<string>;
  readonly unseen: readonly Unseen[];
}

const EVERYWHERE = ['cloud_controller.admin', 'cloud_controller.admin_read_only', 'cloud_controller.global_auditor'];
const EVERY_POLICY = 'network.admin';

/**
 * Reads everything in an organization that the account can see. Variables are read only for applications that may be
 * proxies: those of others don't matter and may contain secrets.
 *
 * @throws if the account sees no such organization
 */
export async function readOrganization(platform: Platform, name: string): Promise<Reading> {
  const organizations = await all(platform, `/v3/organizations?names=${encodeURIComponent(name)}`);
  if (organizations.length === 0) {
    throw new Error(`there is no organization '${name}', or this account cannot see it: give it a role there`);
  }
  const spaces = await withSsh(platform, await inSpaces(platform, organizations));
  const roles = await rolesOf(platform, organizations);
  const { resources, applications } = await readSpaces(platform, organizations, spaces, mayBeProxy);
  const homes = new Map(spaces.map(({ item, id }) => [item.guid, id]));
  const idOf = (item: Item): string =>
    `${homes.get(relationship(item, 'space')[0]?.guid ?? '') ?? ''}/${idPart(item.name as string)}`;
  const { identity } = platform;
  return {
    organization: name,
    ...(identity !== undefined && identity.name !== '' && { account: identity.name }),
    resources,
    stopped: new Set(applications.filter(({ state }) => state === 'STOPPED').map(idOf)),
    unseen: [...unseenSpaces(name, spaces, roles), ...unseenPolicies(resources, spaces, roles), ...unread(resources)],
  };
}

/**
 * Whether an application may be a proxy: a policy leads to it and it isn't written in a language, but is an image or
 * uses the proxy's own buildpacks.
 */
function mayBeProxy(item: Item, connected: boolean): boolean {
  return connected || isDocker(item) || (buildpacksOf(item) ?? []).some((name) => /binary|apt/.test(name));
}

async function withSsh(platform: Platform, spaces: readonly SpaceItem[]): Promise<SpaceItem[]> {
  return Promise.all(
    spaces.map(async (space) => ({
      ...space,
      ssh: await attempt(platform, `/v3/spaces/${space.item.guid}/features/ssh`, ({ enabled }) => enabled !== false),
    })),
  );
}

interface Roles {
  /** Whether the account sees every space of the organization. */
  readonly seesAll: boolean;
  /** Whether the account sees every policy. */
  readonly seesPolicies: boolean;
  /** Guids of the spaces in which the account is a developer, which are the only ones whose policies it sees. */
  readonly develops: ReadonlySet<string>;
}

/** Undefined if the token doesn't say who the account is. */
async function rolesOf(platform: Platform, organizations: readonly Item[]): Promise<Roles | undefined> {
  const { identity } = platform;
  if (identity === undefined) return undefined;
  const has = (scope: string): boolean => identity.scopes.includes(scope);
  // A client without a user, as a pipeline's, has no roles.
  const roles =
    has(EVERY_POLICY) || identity.id === ''
      ? []
      : await all(platform, `/v3/roles?user_guids=${identity.id}&types=space_developer,organization_manager`);
  const isOwn = (role: Item): boolean => relationship(role, 'user').every(({ guid }) => guid === identity.id);
  const held = (type: string, place: string): string[] =>
    roles
      .filter((role) => role.type === type && isOwn(role))
      .flatMap((role) => relationship(role, place).map(({ guid }) => guid));
  const manages = new Set(held('organization_manager', 'organization'));
  return {
    seesAll: EVERYWHERE.some(has) || organizations.every(({ guid }) => manages.has(guid)),
    seesPolicies: has(EVERY_POLICY),
    develops: new Set(held('space_developer', 'space')),
  };
}

function unseenSpaces(name: string, spaces: readonly SpaceItem[], roles: Roles | undefined): Unseen[] {
  if (roles?.seesAll === true) return [];
  const because =
    spaces.length === 0
      ? `no space of ${name} is visible: either there is none, or this account has no role in any`
      : `spaces of ${name} in which this account has no role are not visible`;
  const remedy = `make it an auditor of every space or a manager of ${name}`;
  return [{ kind: 'spaces', of: [], because, remedy }];
}

function unseenPolicies(
  resources: readonly Resource[],
  spaces: readonly SpaceItem[],
  roles: Roles | undefined,
): Unseen[] {
  const refused = resources.some(
    ({ type, values }) => type === 'cloudfoundry_network_policy' && values.policies instanceof Unresolved,
  );
  const hidden = spaces.filter(
    ({ item }) => refused || (roles !== undefined && !roles.seesPolicies && !roles.develops.has(item.guid)),
  );
  const because = 'the platform shows network policies only to developers on both sides';
  const remedy = 'make this account a developer in these spaces, or give it the scope network.admin';
  return hidden.length === 0 ? [] : [{ kind: 'policies', of: hidden.map(({ id }) => id), because, remedy }];
}

/** What was requested but not answered. */
function unread(resources: readonly Resource[]): Unseen[] {
  const applications = resources.filter(({ type, managed }) => managed && type === 'cloudfoundry_app');
  return READ.flatMap(({ kind, attribute, refused }) => {
    const reasons = grouped(
      applications.flatMap(({ values: { [attribute]: value, org_name: org, space_name: space, name } }) =>
        value instanceof Unresolved ? [{ because: value.because, id: [org, space, name].map(String).join('/') }] : [],
      ),
      ({ because }) => because,
    );
    return [...reasons].map(([because, found]): Unseen => {
      const of = found.map(({ id }) => id);
      return because === MAY_NOT ? { kind, of, ...refused } : { kind, of, because, remedy: 'run the command again' };
    });
  });
}

const READ = [
  {
    kind: 'variables',
    attribute: 'environment',
    refused: {
      because: 'only developers can see variables, so whether these are proxies, and for what, is unknown',
      remedy: 'make this account a developer in their spaces',
    },
  },
  {
    kind: 'ssh',
    attribute: 'enable_ssh',
    refused: {
      because: 'this account cannot see whether these allow SSH',
      remedy: 'make this account an auditor of their spaces',
    },
  },
] as const;
