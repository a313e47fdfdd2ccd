import { notAuthorized, notFound, orgSuspended, unprocessable } from './errors';
import { ORGANIZATION_ROLES, SPACE_ROLES, type RoleType, type Space } from './records';
import type { State } from './state';

/** The caller, as identified by the token. */
export interface Actor {
  readonly userGuid: string;
  readonly userName: string;
  readonly scopes: readonly string[];
}

const SPACE_READERS = ['organization_manager', ...SPACE_ROLES] as const;
const SPACE_UPDATERS = ['organization_manager', 'space_manager'] as const;
const APP_MANAGERS = ['space_developer', 'space_supporter'] as const;

/** `ANYBODY` needs no token; `EVERYBODY` has one, with any role. */
export const ANYBODY = 'anybody';
export const EVERYBODY = 'everybody';

type Grant = typeof ANYBODY | typeof EVERYBODY | readonly RoleType[];

/**
 * The roles that may perform each action. Admins may perform all; read-only admins, those that end in `:read`; global
 * auditors, the same except for secrets. An empty list means admins only.
 *
 * @see https://docs.cloudfoundry.org/concepts/roles.html
 * @see https://github.com/cloudfoundry/cloud_controller_ng/blob/main/lib/cloud_controller/permissions.rb
 */
export const GRANTS = {
  'platform:read': ANYBODY,
  'platform:write': [],
  'marketplace:read': EVERYBODY,
  'marketplace:write': [],
  /** For space-scoped brokers, whose URL may hold a secret. */
  'broker:read': ['space_developer'],
  'broker:write': ['space_developer'],
  'space-offering:read': SPACE_ROLES,
  'job:read': EVERYBODY,
  'ssh-code:write': EVERYBODY,
  'user:read': ORGANIZATION_ROLES,
  'user:write': [],
  'uaa:read': [],
  'uaa:write': [],
  'organization:create': [],
  'organization:read': ORGANIZATION_ROLES,
  'organization:update': ['organization_manager'],
  'organization:delete': [],
  'organization:suspend': [],
  'organization:grant': ['organization_manager'],
  'quota:read': ORGANIZATION_ROLES,
  'quota:write': [],
  'space-quota:read': SPACE_READERS,
  'space-quota:write': ['organization_manager'],
  'isolation-segment:read': ORGANIZATION_ROLES,
  'isolation-segment:write': [],
  'domain:read': ['organization_manager', 'organization_auditor', ...SPACE_ROLES],
  'domain:write': ['organization_manager'],
  'space:create': ['organization_manager'],
  'space:read': SPACE_READERS,
  'space:update': SPACE_UPDATERS,
  'space:delete': ['organization_manager'],
  'space:isolate': ['organization_manager'],
  'space:grant': SPACE_UPDATERS,
  'security-group:read': SPACE_READERS,
  'security-group:bind': SPACE_UPDATERS,
  'security-group:write': [],
  'app:read': SPACE_READERS,
  'app:write': ['space_developer'],
  'app:manage': APP_MANAGERS,
  'app:enter': ['space_developer'],
  'event:read': ['organization_auditor', 'space_auditor', 'space_developer', 'space_supporter'],
  'environment:read': APP_MANAGERS,
  'secret:read': ['space_developer'],
  /** For events of the organization itself. */
  'organization-event:read': ['organization_auditor'],
  'route:read': [...SPACE_READERS, 'organization_auditor'],
  'route:write': APP_MANAGERS,
  'service:read': SPACE_READERS,
  'service:write': ['space_developer'],
  'policy:read': ['space_developer'],
  'policy:write': ['space_developer'],
} as const satisfies Record<string, Grant>;

export type Action = keyof typeof GRANTS;

/** What a global auditor may not see. */
const HIDDEN_FROM_AUDITOR: readonly Action[] = ['secret:read', 'environment:read', 'uaa:read'];

/** The scopes of global roles, strongest first. */
export const GLOBAL_SCOPES = {
  admin: 'cloud_controller.admin',
  admin_read_only: 'cloud_controller.admin_read_only',
  global_auditor: 'cloud_controller.global_auditor',
} as const;

export type GlobalRole = keyof typeof GLOBAL_SCOPES;

/** Whether a global role may perform the action. */
export const grantedGlobally = (role: GlobalRole, action: Action): boolean =>
  role === 'admin' ||
  (action.endsWith(':read') &&
    // UAA has its own scopes.
    action !== 'uaa:read' &&
    action !== 'policy:read' &&
    (role === 'admin_read_only' || !HIDDEN_FROM_AUDITOR.includes(action)));

/** By the subject of an action: the action that one must be allowed to perform to see that the object exists. */
const READING: Readonly<Record<string, Action>> = {
  platform: 'marketplace:read',
  marketplace: 'marketplace:read',
  broker: 'broker:read',
  event: 'event:read',
  route: 'route:read',
  organization: 'organization:read',
  domain: 'domain:read',
  user: 'user:read',
  quota: 'quota:read',
  'space-quota': 'space-quota:read',
  'security-group': 'security-group:read',
  'isolation-segment': 'isolation-segment:read',
};

export const readingOf = (action: Action): Action => READING[action.split(':')[0] ?? ''] ?? 'space:read';

const globalRoleOf = (scopes: readonly string[]): GlobalRole | undefined =>
  (Object.keys(GLOBAL_SCOPES) as GlobalRole[]).find((role) => scopes.includes(GLOBAL_SCOPES[role]));

/** What an actor may do, from the actor's current roles. */
export class Access {
  private readonly global: GlobalRole | undefined;
  /** Roles by space or organization. */
  private readonly roles = new Map<string, Set<RoleType>>();
  private readonly known = new Map<Action, Map<string, boolean>>();
  /** By organization, the roles in any of its spaces. */
  private readonly rolesWithin = new Map<string, Set<RoleType>>();

  public constructor(
    private readonly state: State,
    public readonly actor: Actor,
  ) {
    this.global = globalRoleOf(actor.scopes);
    for (const { type, userGuid, spaceGuid, organizationGuid } of state.roles) {
      const place = spaceGuid ?? organizationGuid;
      if (userGuid !== actor.userGuid || place === undefined) continue;
      this.roles.set(place, (this.roles.get(place) ?? new Set()).add(type));
      const around = state.spaces.get(spaceGuid)?.organizationGuid;
      if (around !== undefined) this.rolesWithin.set(around, (this.rolesWithin.get(around) ?? new Set()).add(type));
    }
  }

  /** Whether the action is allowed in every organization. */
  public everywhere(action: Action): boolean {
    return typeof GRANTS[action] === 'string' || (this.global !== undefined && grantedGlobally(this.global, action));
  }

  public inOrganization(action: Action, organizationGuid: string): boolean {
    return (
      this.everywhere(action) ||
      (!this.isHeld(action, organizationGuid) &&
        this.hasAny(action, this.roles.get(organizationGuid), this.rolesWithin.get(organizationGuid)))
    );
  }

  /** Remembers each space's answer, since lists ask for each row. */
  public inSpace(action: Action, spaceGuid: string): boolean {
    const spaces = this.known.get(action) ?? new Map<string, boolean>();
    this.known.set(action, spaces);
    const known = spaces.get(spaceGuid) ?? this.findInSpace(action, spaceGuid);
    spaces.set(spaceGuid, known);
    return known;
  }

  /** Throws 404 if the actor can't see the object, 403 if the actor can see it but may not do this. */
  public requireInSpace(action: Action, spaceGuid: string, thing: string): void {
    if (!this.inSpace(action, spaceGuid)) {
      throw this.inSpace(readingOf(action), spaceGuid)
        ? this.refusal(action, this.state.spaces.get(spaceGuid)?.organizationGuid)
        : notFound(thing);
    }
  }

  public requireInOrganization(action: Action, organizationGuid: string, thing: string): void {
    if (!this.inOrganization(action, organizationGuid)) {
      throw this.inOrganization('organization:read', organizationGuid)
        ? this.refusal(action, organizationGuid)
        : notFound(thing);
    }
  }

  /** The space that an object is created in: throws 422 if the actor can't see it, 403 if the actor may not do this there. */
  public requirePlace(action: Action, spaceGuid: string | undefined): Space {
    const space = this.state.spaces.get(spaceGuid);
    if (!space || !this.inSpace('space:read', space.guid)) {
      throw unprocessable('Invalid space. Ensure that the space exists and you have access to it.');
    }
    if (!this.inSpace(action, space.guid)) throw notAuthorized();
    return space;
  }

  /** For objects outside of organizations. */
  public require(action: Action): void {
    if (!this.everywhere(action)) throw notAuthorized();
  }

  private findInSpace(action: Action, spaceGuid: string): boolean {
    const organizationGuid = this.state.spaces.get(spaceGuid)?.organizationGuid ?? '';
    return (
      this.everywhere(action) ||
      (!this.isHeld(action, organizationGuid) &&
        this.hasAny(action, this.roles.get(spaceGuid), this.roles.get(organizationGuid)))
    );
  }

  /** In a suspended organization, only admins may do more than read. */
  private isHeld(action: Action, organizationGuid: string): boolean {
    return !action.endsWith(':read') && this.state.organizations.get(organizationGuid)?.suspended === true;
  }

  private refusal(action: Action, organizationGuid = ''): Error {
    // What only admins may do is refused as such, suspended or not.
    return GRANTS[action].length > 0 && this.isHeld(action, organizationGuid) ? orgSuspended() : notAuthorized();
  }

  private hasAny(action: Action, ...held: readonly (ReadonlySet<RoleType> | undefined)[]): boolean {
    const grant: Grant = GRANTS[action];
    return typeof grant !== 'string' && held.some((roles) => roles && grant.some((role) => roles.has(role)));
  }
}
