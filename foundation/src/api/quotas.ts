import { z } from 'zod';
import type { Cloud } from '../cloud/cloud';
import { unprocessable } from '../cloud/errors';
import {
  applyToOrganizations,
  applyToSpaces,
  createOrganizationQuota,
  createSpaceQuota,
  DEFAULT_QUOTA,
  requireUnused,
  updateQuota,
} from '../cloud/quotas';
import type { Quota, QuotaLimits } from '../cloud/records';
import type { State } from '../cloud/state';
import { many, name, one, parseBody } from './body';
import { del, guidOf, noContent, ok, post, type Call, type Endpoint } from './endpoint';
import { links, presentRow, toMany, toOne } from './present';
import { acceptJob } from './jobs';
import { found, requireVisible } from './lookup';
import { endpointsOf } from './resource';

const limit = z.number().int().min(0, 'must be greater than or equal to 0').nullish();
const fields = {
  apps: z
    .strictObject({
      total_memory_in_mb: limit,
      per_process_memory_in_mb: limit,
      total_instances: limit,
      per_app_tasks: limit,
      log_rate_limit_in_bytes_per_second: limit,
    })
    .optional(),
  services: z
    .strictObject({
      paid_services_allowed: z.boolean().optional(),
      total_service_instances: limit,
      total_service_keys: limit,
    })
    .optional(),
  routes: z.strictObject({ total_routes: limit, total_reserved_ports: limit }).optional(),
};
const domains = z.strictObject({ total_domains: limit }).optional();

interface Given {
  readonly apps?: z.output<typeof fields.apps>;
  readonly services?: z.output<typeof fields.services>;
  readonly routes?: z.output<typeof fields.routes>;
  readonly domains?: z.output<typeof domains>;
}

/** The given limits on top of those before. */
const limitsOf = (given: Given, before: QuotaLimits = {}): QuotaLimits => {
  const { apps, services, routes } = given;
  const limits: QuotaLimits = {
    totalMemory: apps?.total_memory_in_mb,
    instanceMemory: apps?.per_process_memory_in_mb,
    totalInstances: apps?.total_instances,
    totalTasks: apps?.per_app_tasks,
    totalLogRate: apps?.log_rate_limit_in_bytes_per_second,
    totalServiceInstances: services?.total_service_instances,
    totalServiceKeys: services?.total_service_keys,
    paidServices: services?.paid_services_allowed,
    totalRoutes: routes?.total_routes,
    totalReservedPorts: routes?.total_reserved_ports,
    totalDomains: given.domains?.total_domains,
  };
  return { ...before, ...Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined)) };
};

const guids = (relationship: z.output<typeof many> | undefined): string[] =>
  relationship?.data.map(({ guid }) => guid) ?? [];

const organizationSchema = z
  .strictObject({
    name,
    ...fields,
    domains,
    relationships: z.strictObject({ organizations: many.optional() }).optional(),
  })
  .transform(({ name: called, relationships, ...given }) => ({
    name: called,
    limits: limitsOf(given),
    places: guids(relationships?.organizations),
  }));
const spaceSchema = z
  .strictObject({ name, ...fields, relationships: z.strictObject({ organization: one, spaces: many.optional() }) })
  .transform(({ name: called, relationships, ...given }) => ({
    name: called,
    limits: limitsOf(given),
    organizationGuid: relationships.organization.data.guid,
    places: guids(relationships.spaces),
  }));
const spaceUpdateSchema = z.strictObject({ name: name.optional(), ...fields });
const organizationUpdateSchema = z.strictObject({ name: name.optional(), ...fields, domains });

const change = (
  state: State,
  quota: Quota,
  { name: called = quota.name, ...given }: Given & { name?: string },
): Quota => updateQuota(state, quota, called, limitsOf(given, quota.limits));

const presentLimits = ({ limits }: Quota) => ({
  apps: {
    total_memory_in_mb: limits.totalMemory ?? null,
    per_process_memory_in_mb: limits.instanceMemory ?? null,
    total_instances: limits.totalInstances ?? null,
    per_app_tasks: limits.totalTasks ?? null,
    log_rate_limit_in_bytes_per_second: limits.totalLogRate ?? null,
  },
  services: {
    paid_services_allowed: limits.paidServices ?? true,
    total_service_instances: limits.totalServiceInstances ?? null,
    total_service_keys: limits.totalServiceKeys ?? null,
  },
  routes: { total_routes: limits.totalRoutes ?? null, total_reserved_ports: limits.totalReservedPorts ?? null },
});

const organizationQuotas = (cloud: Cloud): readonly Endpoint[] => {
  const { state } = cloud;
  /** The organizations under the quota that the caller may see. */
  const under = ({ access }: Call, quota: Quota): string[] =>
    state.organizations
      .where(
        ({ guid, quotaGuid }) =>
          (quotaGuid ?? DEFAULT_QUOTA) === quota.guid && access.inOrganization('organization:read', guid),
      )
      .map(({ guid }) => guid);
  const isVisible = (call: Call, quota: Quota): boolean =>
    quota.organizationGuid === undefined && (call.access.everywhere('quota:read') || under(call, quota).length > 0);
  const present = (quota: Quota, call: Call) => ({
    ...presentRow(quota),
    name: quota.name,
    ...presentLimits(quota),
    domains: { total_domains: quota.limits.totalDomains ?? null },
    relationships: { organizations: toMany(under(call, quota)) },
    links: links(call.base, { self: `/v3/organization_quotas/${quota.guid}` }),
  });
  const find = (call: Call): Quota =>
    requireVisible(state.quotas, call, 'Organization quota', (row) => isVisible(call, row));
  const quota = endpointsOf<Quota>(
    cloud,
    {
      path: '/v3/organization_quotas',
      needs: 'quota:read',
      rows: (call) => state.quotas.where((quota) => isVisible(call, quota)),
      filters: {
        guids: 'guid',
        names: 'name',
        organization_guids: (row) =>
          state.organizations
            .where(({ quotaGuid }) => (quotaGuid ?? DEFAULT_QUOTA) === row.guid)
            .map(({ guid }) => guid),
      },
      order: ['name'],
      present,
    },
    find,
  );
  return [
    quota.list,
    quota.read(),
    quota.create('quota:write', organizationSchema, createOrganizationQuota),
    quota.change('quota:write', organizationUpdateSchema, change),
    del('/v3/organization_quotas/:guid', 'quota:write', (call) => {
      const { guid } = find(call);
      requireUnused(state, guid);
      return acceptJob(cloud, call, 'organization_quota.delete', { guid });
    }),
    post('/v3/organization_quotas/:guid/relationships/organizations', 'quota:write', (call) => {
      const row = find(call);
      const places = guids(parseBody(many, call.text));
      cloud.transact((after) => applyToOrganizations(after, row, places));
      const self = `/v3/organization_quotas/${row.guid}/relationships/organizations`;
      return ok({ ...toMany(under(call, row)), links: links(call.base, { self }) });
    }),
  ];
};

const spaceQuotas = (cloud: Cloud): readonly Endpoint[] => {
  const { state } = cloud;
  const under = ({ access }: Call, quota: Quota): string[] =>
    state.spaces
      .where(({ guid, quotaGuid }) => quotaGuid === quota.guid && access.inSpace('space:read', guid))
      .map(({ guid }) => guid);
  /** Visible to managers of the organization, and to those who see a space under the quota. */
  const isVisible = (call: Call, quota: Quota): boolean =>
    quota.organizationGuid !== undefined &&
    (call.access.inOrganization('space-quota:read', quota.organizationGuid) || under(call, quota).length > 0);
  const present = (quota: Quota, call: Call) => ({
    ...presentRow(quota),
    name: quota.name,
    ...presentLimits(quota),
    relationships: { organization: toOne(quota.organizationGuid), spaces: toMany(under(call, quota)) },
    links: links(call.base, {
      self: `/v3/space_quotas/${quota.guid}`,
      organization: `/v3/organizations/${quota.organizationGuid ?? ''}`,
    }),
  });
  const find = (call: Call): Quota => {
    const row = found(state.quotas.get(guidOf(call)), 'Space quota', (quota) => isVisible(call, quota));
    if (!call.access.inOrganization(call.needs, row.organizationGuid ?? '')) {
      if (call.needs === 'space-quota:write') call.access.require(call.needs);
    }
    return row;
  };
  const quota = endpointsOf<Quota>(
    cloud,
    {
      path: '/v3/space_quotas',
      needs: 'space-quota:read',
      rows: (call) => state.quotas.where((quota) => isVisible(call, quota)),
      filters: {
        guids: 'guid',
        names: 'name',
        organization_guids: 'organizationGuid',
        space_guids: (row) => state.spaces.where(({ quotaGuid }) => quotaGuid === row.guid).map(({ guid }) => guid),
      },
      order: ['name'],
      present,
    },
    find,
  );
  return [
    quota.list,
    quota.read(),
    quota.create('space-quota:write', spaceSchema, createSpaceQuota),
    quota.change('space-quota:write', spaceUpdateSchema, change),
    del('/v3/space_quotas/:guid', 'space-quota:write', (call) => {
      const { guid } = find(call);
      requireUnused(state, guid);
      return acceptJob(cloud, call, 'space_quota.delete', { guid });
    }),
    post('/v3/space_quotas/:guid/relationships/spaces', 'space-quota:write', (call) => {
      const row = find(call);
      const places = guids(parseBody(many, call.text));
      cloud.transact((after) => applyToSpaces(after, row, places));
      const self = `/v3/space_quotas/${row.guid}/relationships/spaces`;
      return ok({ ...toMany(under(call, row)), links: links(call.base, { self }) });
    }),
    del('/v3/space_quotas/:guid/relationships/spaces/:space', 'space-quota:write', (call) => {
      const row = find(call);
      const space = state.spaces.get(guidOf(call, 'space'));
      if (space?.quotaGuid !== row.guid) {
        throw unprocessable(
          `Unable to remove quota from space with guid '${guidOf(call, 'space')}'. ` +
            'Ensure the space quota is applied to this space.',
        );
      }
      cloud.transact((after) => after.spaces.put({ ...space, quotaGuid: undefined }));
      return noContent;
    }),
  ];
};

/** @see https://v3-apidocs.cloudfoundry.org/#organization-quotas */
export const quotas = (cloud: Cloud): readonly Endpoint[] => [...organizationQuotas(cloud), ...spaceQuotas(cloud)];
