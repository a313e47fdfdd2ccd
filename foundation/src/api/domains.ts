import { z } from 'zod';
import type { Cloud } from '../cloud/cloud';
import { canReadDomain, createDomain, isDomainOf, shareDomain, unshareDomain, updateDomain } from '../cloud/domains';
import { notFound } from '../cloud/errors';
import type { Domain } from '../cloud/records';
import { findRoute } from '../cloud/routes';
import { many, name, one, parseBody } from './body';
import { metadata } from '../cloud/metadata';
import { list } from './collection';
import {
  created,
  del,
  get,
  guidOf,
  noContent,
  ok,
  patch,
  post,
  type Call,
  type Endpoint,
  links,
  presentRow,
  toMany,
  toOne,
} from './endpoint';
import { acceptJob } from './jobs';
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

const createSchema = z.strictObject({
  name,
  internal: z.boolean().optional(),
  relationships: z.strictObject({ organization: one.optional(), shared_organizations: many.optional() }).optional(),
  metadata,
});

const updateSchema = z.strictObject({ metadata });

export const domains = (cloud: Cloud): readonly Endpoint[] => {
  const { state } = cloud;
  const find = (call: Call): Domain =>
    found(state.domains.get(call.params['guid']), 'Domain', (domain) => canReadDomain(call.access, domain));
  const findWritable = (call: Call): Domain => {
    const domain = find(call);
    const { organizationGuid } = domain;
    if (organizationGuid === undefined || !call.access.inOrganization(call.needs, organizationGuid)) {
      call.access.require(call.needs);
    }
    return domain;
  };
  /** The organization's private and shared-in domains and the shared ones, oldest first. */
  const ofOrganization = (call: Call): readonly Domain[] => {
    const { guid } = call.params;
    if (guid === undefined || !state.organizations.get(guid) || !call.access.inOrganization(call.needs, guid)) {
      throw notFound('Organization');
    }
    return state.domains.where((domain) => isDomainOf(domain, guid) && canReadDomain(call.access, domain));
  };
  return [
    list({
      path: '/v3/domains',
      needs: 'domain:read',
      rows: ({ access }) => state.domains.where((domain) => canReadDomain(access, domain)),
      filters: {
        guids: (row) => row.guid,
        names: (row) => row.name,
        organization_guids: (row) => row.organizationGuid,
      },
      order: { name: (row) => row.name },
      present: presentDomain,
    }),
    get('/v3/domains/:guid', 'domain:read', (call) => ok(presentDomain(find(call), call))),
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
      path: '/v3/organizations/:guid/domains',
      needs: 'organization:read',
      rows: (call) => ofOrganization(call),
      filters: {
        guids: (row) => row.guid,
        names: (row) => row.name,
        organization_guids: (row) => row.organizationGuid,
      },
      order: { name: (row) => row.name },
      present: presentDomain,
    }),
    get('/v3/organizations/:guid/domains/default', 'organization:read', (call) => {
      const [first] = ofOrganization(call).filter(({ internal }) => !internal);
      if (first === undefined) throw notFound('Domain');
      return ok(presentDomain(first, call));
    }),
    post(
      '/v3/domains',
      'domain:write',
      (call) => {
        const { relationships, internal = false, ...body } = parseBody(createSchema, call.text);
        const command = {
          ...body,
          internal,
          organizationGuid: relationships?.organization?.data.guid,
          sharedWith: relationships?.shared_organizations?.data.map(({ guid }) => guid),
        };
        const made = cloud.transact((after) => createDomain(after, call.access, command));
        return created(presentDomain(made, call));
      },
      { note: SHARED },
    ),
    patch(
      '/v3/domains/:guid',
      'domain:write',
      (call) => {
        const domain = findWritable(call);
        const body = parseBody(updateSchema, call.text);
        const changed = cloud.transact((after) => updateDomain(after, domain, body.metadata));
        return ok(presentDomain(changed, call));
      },
      { note: SHARED },
    ),
    post('/v3/domains/:guid/relationships/shared_organizations', 'domain:write', (call) => {
      const domain = findWritable(call);
      const guids = parseBody(many, call.text).data.map(({ guid }) => guid);
      const after = cloud.transact((next) => shareDomain(next, call.access, domain, guids));
      return ok(toMany(after.sharedWith ?? []));
    }),
    del('/v3/domains/:guid/relationships/shared_organizations/:organization', 'domain:write', (call) => {
      const domain = findWritable(call);
      cloud.transact((next) => unshareDomain(next, domain, guidOf(call, 'organization')));
      return noContent;
    }),
    del(
      '/v3/domains/:guid',
      'domain:write',
      (call) => acceptJob(cloud, call, 'domain.delete', { guid: findWritable(call).guid }),
      { note: SHARED },
    ),
  ];
};
