import { notAuthorized, unprocessable } from './errors';
import { mergeMetadata, NO_METADATA, type MetadataPatch } from './metadata';
import type { Access } from './permissions';
import { requireDomainWithinQuota } from './quotas';
import type { Domain } from './records';
import { deleteRoute } from './route-bindings';
import { isSameName } from './same-name';
import type { State } from './state';

const DOMAIN_NAME = /^(?=.{3,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$/i;

/** Those of the router that are nobody's own. */
export const sharedDomains = (state: State): readonly string[] =>
  state.domains
    .where(({ internal, organizationGuid }) => !internal && organizationGuid === undefined)
    .map(({ name }) => name);

export const createDomain = (
  state: State,
  access: Access,
  command: { name: string; internal: boolean; organizationGuid?: string; metadata?: MetadataPatch | null },
): Domain => {
  const { organizationGuid, internal } = command;
  const { name } = command;
  if (organizationGuid === undefined) {
    access.require('domain:write');
  } else {
    if (!state.organizations.get(organizationGuid) || !access.inOrganization('organization:read', organizationGuid)) {
      throw unprocessable(
        `Organization with guid '${organizationGuid}' does not exist or you do not have access to it.`,
      );
    }
    if (!access.inOrganization('domain:write', organizationGuid)) {
      throw notAuthorized();
    }
    if (internal) {
      throw unprocessable('Internal domains cannot be associated with an organization.');
    }
  }
  if (!DOMAIN_NAME.test(name)) {
    throw unprocessable('Name does not comply with RFC 1035 standards');
  }
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
  if (organizationGuid !== undefined) {
    requireDomainWithinQuota(state, organizationGuid);
  }
  return domain;
};

export const updateDomain = (state: State, domain: Domain, metadata: MetadataPatch | null | undefined): Domain =>
  state.domains.put({ ...domain, updatedAt: state.now(), metadata: mergeMetadata(domain.metadata, metadata) });

/** Shared, or of an organization in which the actor has more than membership. */
export const canReadDomain = (access: Access, domain: Domain): boolean =>
  domain.organizationGuid === undefined || access.inOrganization('domain:read', domain.organizationGuid);

/** With its routes. */
export const deleteDomain = (state: State, guid: string): void => {
  for (const route of state.routes.where((candidate) => candidate.domainGuid === guid)) {
    deleteRoute(state, route.guid);
  }
  state.domains.delete(guid);
};
