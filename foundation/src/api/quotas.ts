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
import { many, name, one, parseBody } from './body';
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
const organizationSchema = z.strictObject({
  name,
  ...fields,
  domains,
  relationships: z.strictObject({ organizations: many.optional() }).optional(),
});
const spaceSchema = z.strictObject({
  name,
  ...fields,
  relationships: z.strictObject({ organization: one, spaces: many.optional() }),
});
const updateSchema = z.strictObject({ name: name.optional(), ...fields, domains });

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
    found(state.quotas.get(guidOf(call)), 'Organization quota', (quota) => isVisible(call, quota));
  const findWritable = (call: Call): Quota => {
    const quota = find(call);
    call.access.require(call.needs);
    return quota;
  };
  return [
    list({
      path: '/v3/organization_quotas',
      needs: 'quota:read',
      rows: (call) => state.quotas.where((quota) => isVisible(call, quota)),
      filters: {
        guids: (row) => row.guid,
        names: (row) => row.name,
        organization_guids: (row) =>
          state.organizations
            .where(({ quotaGuid }) => (quotaGuid ?? DEFAULT_QUOTA) === row.guid)
            .map(({ guid }) => guid),
      },
      order: { name: (row) => row.name },
      present,
    }),
    get('/v3/organization_quotas/:guid', 'quota:read', (call) => ok(present(find(call), call))),
    post('/v3/organization_quotas', 'quota:write', (call) => {
      call.access.require(call.needs);
      const { name: called, relationships, ...given } = parseBody(organizationSchema, call.text);
      const command = { name: called, limits: limitsOf(given), places: guids(relationships?.organizations) };
      const quota = cloud.transact((after) => createOrganizationQuota(after, call.access, command));
      return created(present(quota, call));
    }),
    patch('/v3/organization_quotas/:guid', 'quota:write', (call) => {
      const quota = findWritable(call);
      const { name: called = quota.name, ...given } = parseBody(updateSchema, call.text);
      const limits = limitsOf(given, quota.limits);
      const after = cloud.transact((next) => updateQuota(next, quota, called, limits));
      return ok(present(after, call));
    }),
    del('/v3/organization_quotas/:guid', 'quota:write', (call) => {
      const quota = findWritable(call);
      requireUnused(state, quota.guid);
      return acceptJob(cloud, call, 'organization_quota.delete', { guid: quota.guid });
    }),
    post('/v3/organization_quotas/:guid/relationships/organizations', 'quota:write', (call) => {
      const quota = findWritable(call);
      const places = guids(parseBody(many, call.text));
      cloud.transact((after) => applyToOrganizations(after, quota, places));
      const self = `/v3/organization_quotas/${quota.guid}/relationships/organizations`;
      return ok({ ...toMany(under(call, quota)), links: links(call.base, { self }) });
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
  const find = (call: Call): Quota =>
    found(state.quotas.get(guidOf(call)), 'Space quota', (quota) => isVisible(call, quota));
  const findWritable = (call: Call): Quota => {
    const quota = find(call);
    if (!call.access.inOrganization(call.needs, quota.organizationGuid ?? '')) call.access.require(call.needs);
    return quota;
  };
  return [
    list({
      path: '/v3/space_quotas',
      needs: 'space-quota:read',
      rows: (call) => state.quotas.where((quota) => isVisible(call, quota)),
      filters: {
        guids: (row) => row.guid,
        names: (row) => row.name,
        organization_guids: (row) => row.organizationGuid,
        space_guids: (row) => state.spaces.where(({ quotaGuid }) => quotaGuid === row.guid).map(({ guid }) => guid),
      },
      order: { name: (row) => row.name },
      present,
    }),
    get('/v3/space_quotas/:guid', 'space-quota:read', (call) => ok(present(find(call), call))),
    post('/v3/space_quotas', 'space-quota:write', (call) => {
      const { name: called, relationships, ...given } = parseBody(spaceSchema, call.text);
      const command = {
        name: called,
        limits: limitsOf(given),
        organizationGuid: relationships.organization.data.guid,
        places: guids(relationships.spaces),
      };
      const quota = cloud.transact((after) => createSpaceQuota(after, call.access, command));
      return created(present(quota, call));
    }),
    patch('/v3/space_quotas/:guid', 'space-quota:write', (call) => {
      const quota = findWritable(call);
      const { name: called = quota.name, ...given } = parseBody(updateSchema.omit({ domains: true }), call.text);
      const limits = limitsOf(given, quota.limits);
      const after = cloud.transact((next) => updateQuota(next, quota, called, limits));
      return ok(present(after, call));
    }),
    del('/v3/space_quotas/:guid', 'space-quota:write', (call) => {
      const quota = findWritable(call);
      requireUnused(state, quota.guid);
      return acceptJob(cloud, call, 'space_quota.delete', { guid: quota.guid });
    }),
    post('/v3/space_quotas/:guid/relationships/spaces', 'space-quota:write', (call) => {
      const quota = findWritable(call);
      const places = guids(parseBody(many, call.text));
      cloud.transact((after) => applyToSpaces(after, quota, places));
      const self = `/v3/space_quotas/${quota.guid}/relationships/spaces`;
      return ok({ ...toMany(under(call, quota)), links: links(call.base, { self }) });
    }),
    del('/v3/space_quotas/:guid/relationships/spaces/:space', 'space-quota:write', (call) => {
      const quota = findWritable(call);
      const space = state.spaces.get(guidOf(call, 'space'));
      if (space?.quotaGuid !== quota.guid) {
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
