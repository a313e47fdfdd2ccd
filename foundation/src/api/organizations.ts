import { z } from 'zod';
import type { Cloud } from '../cloud/cloud';
import { notFound } from '../cloud/errors';
import { createJob } from '../cloud/jobs';
import { createOrganization, updateOrganization } from '../cloud/organizations';
import { DEFAULT_QUOTA } from '../cloud/quotas';
import type { Organization } from '../cloud/records';
import { name, parseBody } from './body';
import { metadata } from '../cloud/metadata-document';
import { list } from './collection';
import { accepted, created, del, get, guidOf, ok, patch, post, type Call, type Endpoint } from './endpoint';
import { links, presentRow, toOne } from './present';

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
  const find = ({ access, ...call }: Call): Organization => {
    const organization = cloud.state.organizations.get(call.params['guid']);
    if (!organization || !access.inOrganization('organization:read', organization.guid)) {
      throw notFound('Organization');
    }
    return organization;
  };
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
      return created(
        presentOrganization(
          cloud.transact((state) => createOrganization(state, call.access, command)),
          call,
        ),
      );
    }),
    patch('/v3/organizations/:guid', 'organization:update', (call) => {
      const organization = find(call);
      call.access.requireInOrganization(call.needs, organization.guid, 'Organization');
      const command = parseBody(updateSchema, call.text);
      return ok(
        presentOrganization(
          cloud.transact((state) => updateOrganization(state, call.access, organization, command)),
          call,
        ),
      );
    }),
    del('/v3/organizations/:guid', 'organization:delete', (call) => {
      find(call);
      call.access.require(call.needs);
      return accepted(
        call,
        cloud.enqueue((state) => createJob(state, 'organization.delete', { guid: guidOf(call) }, call.access)),
      );
    }),
  ];
};
