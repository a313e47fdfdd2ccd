import { notAuthorized, notFound } from './errors';
import { ORGANIZATION_ROLES, type OrganizationRole, type RoleType, type SpaceRole } from './records';
import type { State } from './state';

/** Who asks, as the token says. */
export interface Actor {
  readonly userGuid: string;
  readonly userName: string;
  readonly scopes: readonly string[];
}

const SPACE_READERS = [
  'organization_manager',
  'space_auditor',
  'space_developer',
  'space_manager',
  'space_supporter',
] as const;

/**
 * Which roles may do what; an admin may do everything, and what isn't here only an admin may do.
 *
 * @see https://docs.cloudfoundry.org/concepts/roles.html
 */
const ORGANIZATION_GRANTS = {
  'organization:read': ORGANIZATION_ROLES,
  'organization:update': ['organization_manager'],
  'organization:grant': ['organization_manager'],
  'domain:write': ['organization_manager'],
  'space:create': ['organization_manager'],
} as const satisfies Record<string, readonly OrganizationRole[]>;

const SPACE_GRANTS = {
  'space:read': SPACE_READERS,
  'space:update': ['organization_manager', 'space_manager'],
  'space:delete': ['organization_manager'],
  'space:grant': ['organization_manager', 'space_manager'],
  'security-group:bind': ['organization_manager', 'space_manager'],
  'app:read': SPACE_READERS,
  'app:write': ['space_developer'],
  'app:manage': ['space_developer', 'space_supporter'],
  'secret:read': ['space_developer'],
  'route:read': [...SPACE_READERS, 'organization_auditor'],
  'route:write': ['space_developer', 'space_supporter'],
  'service:read': SPACE_READERS,
  'service:write': ['space_developer'],
  'policy:write': ['space_developer'],
} as const satisfies Record<string, readonly RoleType[]>;

export type OrganizationAction = keyof typeof ORGANIZATION_GRANTS;
export type SpaceAction = keyof typeof SPACE_GRANTS;

/** The table, for whoever wants to print or to test it. */
export const grants: Readonly<Record<OrganizationAction | SpaceAction, readonly RoleType[]>> = {
  ...ORGANIZATION_GRANTS,
  ...SPACE_GRANTS,
};

/** What one actor may do, from the roles that the actor has at this moment. */
export class Access {
  public readonly admin: boolean;
  /** By space or organization. */
  private readonly roles = new Map<string, Set<RoleType>>();

  public constructor(
    private readonly state: State,
    public readonly actor: Actor,
  ) {
    this.admin = actor.scopes.includes('cloud_controller.admin');
    for (const role of state.roles) {
      const place = role.spaceGuid ?? role.organizationGuid;
      if (role.userGuid === actor.userGuid && place !== undefined) {
        this.roles.set(place, (this.roles.get(place) ?? new Set()).add(role.type));
      }
    }
  }

  public inOrganization(action: OrganizationAction, organizationGuid: string): boolean {
    return this.admin || ORGANIZATION_GRANTS[action].some((role) => this.has(role, organizationGuid));
  }

  public inSpace(action: SpaceAction, spaceGuid: string): boolean {
    if (this.admin) {
      return true;
    }
    const organizationGuid = this.state.spaces.get(spaceGuid)?.organizationGuid;
    return SPACE_GRANTS[action].some(
      (role: SpaceRole | OrganizationRole) =>
        this.has(role, spaceGuid) || (organizationGuid !== undefined && this.has(role, organizationGuid)),
    );
  }

  /** Throws 404 for a space that the actor can't see, 403 for one where the actor can't do this. */
  public requireInSpace(action: SpaceAction, spaceGuid: string, thing: string): void {
    if (!this.inSpace('space:read', spaceGuid)) {
      throw notFound(thing);
    }
    if (!this.inSpace(action, spaceGuid)) {
      throw notAuthorized();
    }
  }

  public requireInOrganization(action: OrganizationAction, organizationGuid: string, thing: string): void {
    if (!this.inOrganization('organization:read', organizationGuid)) {
      throw notFound(thing);
    }
    if (!this.inOrganization(action, organizationGuid)) {
      throw notAuthorized();
    }
  }

  public requireAdmin(): void {
    if (!this.admin) {
      throw notAuthorized();
    }
  }

  private has(role: RoleType, place: string): boolean {
    return this.roles.get(place)?.has(role) ?? false;
  }
}
