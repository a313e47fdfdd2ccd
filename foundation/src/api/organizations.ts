import { z } from 'zod';
import type { Cloud } from '../cloud/cloud';
import { createOrganization, updateOrganization } from '../cloud/organizations';
import { DEFAULT_QUOTA } from '../cloud/quotas';
import type { Organization } from '../cloud/records';
import { name, parseBody } from './body';
import { metadata } from '../cloud/metadata';
import { list } from './collection';
import {
  created,
  del,
  get,
  guidOf,
  ok,
  patch,
  post,
  type Call,
  type Endpoint,
  links,
  presentRow,
  toOne,
} from './endpoint';
import { acceptJob } from './jobs';
import { found } from './lookup';

export const presentOrganization = (organization: Organization, { base }: Pick<Call, 'base'>) => ({
  ...presentRow(organization),
  name: organization.name,
  suspended: organization.suspended ?? false,
  relationships: { quota: toOne(organization.quotaGuid ?? DEFAULT_QUOTA) },
  metadata: organization.metadata,
  links: links(base, {
    self: `/v3/organizations/${organization.guid}`,
    domains: `/v3/domains?organization_guids=${organization.guid}`,
  }),
});

const suspended = z.boolean().optional();
const createSchema = z.strictObject({ name, suspended, metadata });
const updateSchema = z.strictObject({ name: name.optional(), suspended, metadata });

export const organizations = (cloud: Cloud): readonly Endpoint[] => {
  const find = ({ access, ...call }: Call): Organization =>
    found(cloud.state.organizations.get(call.params['guid']), 'Organization', (organization) =>
      access.inOrganization('organization:read', organization.guid),
    );
  return [
    list({
      path: '/v3/organizations',
      needs: 'organization:read',
      rows: ({ access }) =>
        cloud.state.organizations.where(({ guid }) => access.inOrganization('organization:read', guid)),
      filters: { guids: (row) => row.guid, names: (row) => row.name },
      order: { name: (row) => row.name },
      present: presentOrganization,
    }),
    get('/v3/organizations/:guid', 'organization:read', (call) => ok(presentOrganization(find(call), call))),
    post('/v3/organizations', 'organization:create', (call) => {
      call.access.require(call.needs);
      const command = parseBody(createSchema, call.text);
      const made = cloud.transact((state) => createOrganization(state, call.access, command));
      return created(presentOrganization(made, call));
    }),
    patch('/v3/organizations/:guid', 'organization:update', (call) => {
      const organization = find(call);
      call.access.requireInOrganization(call.needs, organization.guid, 'Organization');
      const command = parseBody(updateSchema, call.text);
      const changed = cloud.transact((state) => updateOrganization(state, call.access, organization, command));
      return ok(presentOrganization(changed, call));
    }),
    del('/v3/organizations/:guid', 'organization:delete', (call) => {
      find(call);
      call.access.require(call.needs);
      return acceptJob(cloud, call, 'organization.delete', { guid: guidOf(call) });
    }),
  ];
};
