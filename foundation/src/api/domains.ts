import { endpointsOf } from './resource';
import { z } from 'zod';
import type { Cloud } from '../cloud/cloud';
import { canReadDomain, createDomain, isDomainOf, shareDomain, unshareDomain } from '../cloud/domains';
import { notFound } from '../cloud/errors';
import type { Domain } from '../cloud/records';
import { findRoute } from '../cloud/routes';
import { many, name, one, parseBody } from './body';
import { metadata } from '../cloud/metadata';
import { list, type Collection } from './collection';
import { del, get, guidOf, noContent, ok, post, type Call, type Endpoint } from './endpoint';
import { links, presentRow, toMany, toOne } from './present';
import { found } from './lookup';

export const presentDomain = (domain: Domain, { base }: Pick<Call, 'base'>) => ({
  ...presentRow(domain),
  name: domain.name,
  internal: domain.internal,
  router_group: null,
  supported_protocols: ['http'],
  relationships: {
    organization: toOne(domain.organizationGuid),
    shared_organizations: toMany(domain.sharedWith ?? []),
  },
  metadata: domain.metadata,
  links: links(base, { self: `/v3/domains/${domain.guid}` }),
});

const SHARED = 'shared domains belong to no organization: admins only';

const createSchema = z
  .strictObject({
    name,
    internal: z.boolean().default(false),
    relationships: z.strictObject({ organization: one.optional(), shared_organizations: many.optional() }).optional(),
    metadata,
  })
  .transform(({ relationships, ...body }) => ({
    ...body,
    organizationGuid: relationships?.organization?.data.guid,
    sharedWith: relationships?.shared_organizations?.data.map(({ guid }) => guid),
  }));

export const domains = (cloud: Cloud): readonly Endpoint[] => {
  const { state } = cloud;
  const find = (call: Call): Domain => {
    const row = found(state.domains.get(guidOf(call)), 'Domain', (domain) => canReadDomain(call.access, domain));
    const isOwner = row.organizationGuid !== undefined && call.access.inOrganization(call.needs, row.organizationGuid);
    if (call.needs === 'domain:write' && !isOwner) call.access.require(call.needs);
    return row;
  };
  /** The organization's private and shared-in domains and the shared ones, oldest first. */
  const ofOrganization = (call: Call): readonly Domain[] => {
    const { guid } = call.params;
    if (guid === undefined || !state.organizations.get(guid) || !call.access.inOrganization(call.needs, guid)) {
      throw notFound('Organization');
    }
    return state.domains.where((domain) => isDomainOf(domain, guid) && canReadDomain(call.access, domain));
  };
  const collection: Collection<Domain> = {
    path: '/v3/domains',
    needs: 'domain:read',
    rows: ({ access }) => state.domains.where((domain) => canReadDomain(access, domain)),
    filters: { guids: 'guid', names: 'name', organization_guids: 'organizationGuid' },
    order: ['name'],
    present: presentDomain,
  };
  const domain = endpointsOf(cloud, collection, find);
  return [
    domain.list,
    domain.read(),
    get(
      '/v3/domains/:guid/route_reservations',
      'domain:read',
      (call) => {
        const { host = '', path = '' } = call.query;
        return ok({ matching_route: findRoute(state, find(call), host, path) !== undefined });
      },
      { query: ['host', 'path', 'port'] },
    ),
    list({
      ...collection,
      path: '/v3/organizations/:guid/domains',
      needs: 'organization:read',
      rows: ofOrganization,
    }),
    get('/v3/organizations/:guid/domains/default', 'organization:read', (call) => {
      const [first] = ofOrganization(call).filter(({ internal }) => !internal);
      if (first === undefined) throw notFound('Domain');
      return ok(presentDomain(first, call));
    }),
    domain.create('domain:write', createSchema, createDomain, { note: SHARED }),
    domain.relabel('domain:write', state.domains, { note: SHARED }),
    post('/v3/domains/:guid/relationships/shared_organizations', 'domain:write', (call) => {
      const domain = find(call);
      const guids = parseBody(many, call.text).data.map(({ guid }) => guid);
      const after = cloud.transact((next) => shareDomain(next, call.access, domain, guids));
      return ok(toMany(after.sharedWith ?? []));
    }),
    del('/v3/domains/:guid/relationships/shared_organizations/:organization', 'domain:write', (call) => {
      const domain = find(call);
      cloud.transact((next) => unshareDomain(next, domain, guidOf(call, 'organization')));
      return noContent;
    }),
    domain.remove('domain:write', 'domain.delete', { note: SHARED }),
  ];
};
