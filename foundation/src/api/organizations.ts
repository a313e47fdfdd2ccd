import { endpointsOf } from './resource';
import { z } from 'zod';
import type { Cloud } from '../cloud/cloud';
import { createOrganization, updateOrganization } from '../cloud/organizations';
import { DEFAULT_QUOTA } from '../cloud/quotas';
import type { Organization } from '../cloud/records';
import { name } from './body';
import { metadata } from '../cloud/metadata';
import { type Call, type Endpoint } from './endpoint';
import { links, presentRow, toOne } from './present';
import { requireOrganization } from './lookup';

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
  const { state } = cloud;
  const organization = endpointsOf<Organization>(
    cloud,
    {
      path: '/v3/organizations',
      needs: 'organization:read',
      rows: ({ access }) => state.organizations.where(({ guid }) => access.inOrganization('organization:read', guid)),
      filters: { guids: 'guid', names: 'name' },
      order: ['name'],
      present: presentOrganization,
    },
    (call) => requireOrganization(state, call),
  );
  return [
    organization.list,
    organization.read(),
    organization.create('organization:create', createSchema, createOrganization),
    organization.change('organization:update', updateSchema, updateOrganization),
    organization.remove('organization:delete', 'organization.delete'),
  ];
};
