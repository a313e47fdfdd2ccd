import { grouped } from '../model/maps';
import {
  MAY_NOT,
  all,
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
import type { Unseen } from './unseen';

/** What was read of an organization, and what could not be. */
export interface Reading {
  readonly organization: string;
  /** Who has asked, as far as that is known. */
  readonly account?: string;
  readonly resources: readonly Resource[];
  /** Ids of applications of which nothing runs. */
  readonly stopped: ReadonlySet<string>;
  readonly unseen: readonly Unseen[];
}

const EVERYWHERE = ['cloud_controller.admin', 'cloud_controller.admin_read_only', 'cloud_controller.global_auditor'];
const EVERY_POLICY = 'network.admin';

/**
 * Reads all of an organization that the account sees. Variables are asked for of those applications alone that may be a
 * proxy: of others nothing in them matters, and they may hold secrets.
 *
 * @throws if there is no such organization for this account
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

/** What a policy leads to, and what is no application of a language by itself: an image, or the proxy's own buildpacks. */
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
  /** Whether every space of the organization shows. */
  readonly seesAll: boolean;
  /** Whether every policy shows. */
  readonly seesPolicies: boolean;
  /** Guids of the spaces in which the account is a developer, whose policies alone it is told. */
  readonly develops: ReadonlySet<string>;
}

/** Undefined where the token does not say who asks. */
async function rolesOf(platform: Platform, organizations: readonly Item[]): Promise<Roles | undefined> {
  const { identity } = platform;
  if (identity === undefined) return undefined;
  const has = (scope: string): boolean => identity.scopes.includes(scope);
  const roles = has(EVERY_POLICY)
    ? []
    : await all(platform, `/v3/roles?user_guids=${identity.id}&types=space_developer,organization_manager`);
  const held = (type: string, place: string): string[] =>
    roles.filter((role) => role.type === type).flatMap((role) => relationship(role, place).map(({ guid }) => guid));
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
      ? `no space of ${name} is visible: this account has a role in none, or there is none`
      : `spaces of ${name} in which this account has no role are not visible`;
  const remedy = `give it the role of an auditor in every space, or of a manager of ${name}`;
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
  const remedy = 'give this account the role of a developer in these spaces, or the scope network.admin';
  return hidden.length === 0 ? [] : [{ kind: 'policies', of: hidden.map(({ id }) => id), because, remedy }];
}

/** What was asked for and not told. */
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
      remedy: 'give this account the role of a developer in their spaces',
    },
  },
  {
    kind: 'ssh',
    attribute: 'enable_ssh',
    refused: {
      because: 'this account cannot see whether these allow SSH',
      remedy: 'give this account the role of an auditor in their spaces',
    },
  },
] as const;
