import { notAuthorized, unprocessable } from './errors';
import { mergeMetadata, NO_METADATA, type MetadataPatch } from './metadata';
import type { Access } from './permissions';
import { requireDomainWithinQuota } from './quotas';
import { type Domain, isSameName } from './records';
import { deleteRoute } from './route-bindings';
import type { State } from './state';

const DOMAIN_NAME = /^(?=.{3,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$/i;

/** The names of the shared domains that the router serves. */
export const sharedDomains = (state: State): readonly string[] =>
  state.domains
    .where(({ internal, organizationGuid }) => !internal && organizationGuid === undefined)
    .map(({ name }) => name);

export const createDomain = (
  state: State,
  command: {
    name: string;
    internal: boolean;
    organizationGuid?: string;
    sharedWith?: readonly string[];
    metadata?: MetadataPatch | null;
  },
  access: Access,
): Domain => {
  const { organizationGuid, internal } = command;
  const { name, sharedWith = [] } = command;
  if (organizationGuid === undefined) {
    access.require('domain:write');
    if (sharedWith.length > 0) throw unprocessable(UNSCOPED);
  } else {
    if (!state.organizations.get(organizationGuid) || !access.inOrganization('organization:read', organizationGuid)) {
      throw unprocessable(
        `Organization with guid '${organizationGuid}' does not exist or you do not have access to it.`,
      );
    }
    if (!access.inOrganization('domain:write', organizationGuid)) throw notAuthorized();
    if (internal) throw unprocessable('Internal domains cannot be associated with an organization.');
  }
  if (!DOMAIN_NAME.test(name)) throw unprocessable('Name does not comply with RFC 1035 standards');
  if (state.domains.find((domain) => isSameName(domain.name, name))) {
    throw unprocessable(`The domain name "${name}" is already in use`);
  }
  const domain = state.domains.put({
    ...state.stamp(),
    name,
    internal,
    organizationGuid,
    metadata: mergeMetadata(NO_METADATA, command.metadata),
  });
  if (organizationGuid !== undefined) requireDomainWithinQuota(state, organizationGuid);
  return sharedWith.length > 0 ? shareDomain(state, access, domain, sharedWith) : domain;
};

const UNSCOPED = 'Domains can not be shared with other organizations unless they are scoped to an organization.';

/** Requires write permission in the organizations, too. */
export const shareDomain = (state: State, access: Access, domain: Domain, guids: readonly string[]): Domain => {
  if (domain.organizationGuid === undefined) throw unprocessable(UNSCOPED);
  for (const guid of guids) {
    if (!state.organizations.get(guid) || !access.inOrganization('domain:write', guid)) {
      throw unprocessable(`Organization with guid '${guid}' does not exist, or you do not have access to it.`);
    }
    if (guid === domain.organizationGuid) throw unprocessable('Domain cannot be shared with owning organization.');
  }
  const sharedWith = [...new Set([...(domain.sharedWith ?? []), ...guids])];
  return state.domains.put({ ...domain, updatedAt: state.now(), sharedWith });
};

export const unshareDomain = (state: State, domain: Domain, organizationGuid: string): Domain => {
  if (!domain.sharedWith?.includes(organizationGuid)) {
    throw unprocessable(
      `Unable to unshare domain from organization with guid '${organizationGuid}'. ` +
        'Ensure the domain is shared to this organization.',
    );
  }
  const isUsed = state.routes.find(
    ({ domainGuid, spaceGuid }) =>
      domainGuid === domain.guid && state.spaces.get(spaceGuid)?.organizationGuid === organizationGuid,
  );
  if (isUsed) {
    throw unprocessable('This domain has associated routes in this organization. Delete the routes before unsharing.');
  }
  const sharedWith = domain.sharedWith.filter((guid) => guid !== organizationGuid);
  return state.domains.put({ ...domain, updatedAt: state.now(), sharedWith });
};

/** Whether an organization may use the domain: it is shared, its own, or shared with it by another organization. */
export const isDomainOf = ({ organizationGuid, sharedWith = [] }: Domain, guid: string): boolean =>
  organizationGuid === undefined || organizationGuid === guid || sharedWith.includes(guid);

/** Shared domains, and those of organizations in which the actor has more than membership. */
export const canReadDomain = (access: Access, { organizationGuid, sharedWith = [] }: Domain): boolean =>
  organizationGuid === undefined ||
  [organizationGuid, ...sharedWith].some((guid) => access.inOrganization('domain:read', guid));

/** Also deletes its routes. */
export const deleteDomain = (state: State, guid: string): void => {
  for (const route of state.routes.where((candidate) => candidate.domainGuid === guid)) deleteRoute(state, route.guid);
  state.domains.delete(guid);
};
