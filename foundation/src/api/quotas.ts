import { z } from 'zod';
import type { Cloud } from '../cloud/cloud';
import { notFound } from '../cloud/errors';
import { createJob } from '../cloud/jobs';
import {
  applyToOrganizations,
  applyToSpaces,
  createOrganizationQuota,
  createSpaceQuota,
  DEFAULT_QUOTA,
} from '../cloud/quotas';
import type { Quota, QuotaLimits } from '../cloud/records';
import { many, name, one, parseBody } from './body';
import { list } from './collection';
import { accepted, created, del, get, guidOf, noContent, ok, patch, post, type Call, type Endpoint } from './endpoint';
import { links, presentRow, toMany, toOne } from './present';

const limit = z.number().int().min(0, 'must be greater than or equal to 0').nullish();
const none = z.null().optional();
/** What isn't limited here can only be said to be unlimited. */
const fields = {
  apps: z
    .strictObject({
      total_memory_in_mb: limit,
      per_process_memory_in_mb: limit,
      total_instances: limit,
      per_app_tasks: none,
      log_rate_limit_in_bytes_per_second: none,
    })
    .optional(),
  services: z
    .strictObject({
      paid_services_allowed: z.literal(true).optional(),
      total_service_instances: none,
      total_service_keys: none,
    })
    .optional(),
  routes: z.strictObject({ total_routes: none, total_reserved_ports: none }).optional(),
};
const domains = z.strictObject({ total_domains: none }).optional();
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

type Apps = z.output<typeof fields.apps>;

const limitsOf = (apps: Apps, before?: QuotaLimits): QuotaLimits => {
  const either = (given: number | null | undefined, kept: number | null | undefined): number | null =>
    given === undefined ? (kept ?? null) : given;
  return {
    totalMemory: either(apps?.total_memory_in_mb, before?.totalMemory),
    instanceMemory: either(apps?.per_process_memory_in_mb, before?.instanceMemory),
    totalInstances: either(apps?.total_instances, before?.totalInstances),
  };
};

const guids = (relationship: z.output<typeof many> | undefined): string[] =>
  relationship?.data.map(({ guid }) => guid) ?? [];

const presentLimits = ({ limits }: Quota) => ({
  apps: {
    total_memory_in_mb: limits.totalMemory,
    per_process_memory_in_mb: limits.instanceMemory,
    total_instances: limits.totalInstances,
    per_app_tasks: null,
    log_rate_limit_in_bytes_per_second: null,
  },
  services: { paid_services_allowed: true, total_service_instances: null, total_service_keys: null },
  routes: { total_routes: null, total_reserved_ports: null },
});

const organizationQuotas = (cloud: Cloud): readonly Endpoint[] => {
  const { state } = cloud;
  /** Those of one's organizations; whoever sees all of them, all. */
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
    domains: { total_domains: null },
    relationships: { organizations: toMany(under(call, quota)) },
    links: links(call.base, { self: `/v3/organization_quotas/${quota.guid}` }),
  });
  const find = (call: Call): Quota => {
    const quota = state.quotas.get(guidOf(call));
    if (!quota || !isVisible(call, quota)) {
      throw notFound('Organization quota');
    }
    return quota;
  };
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
      const { name: called, apps, relationships } = parseBody(organizationSchema, call.text);
      const command = { name: called, limits: limitsOf(apps), places: guids(relationships?.organizations) };
      const quota = cloud.transact((after) => createOrganizationQuota(after, call.access, command));
      return created(present(quota, call));
    }),
    patch('/v3/organization_quotas/:guid', 'quota:write', (call) => {
      const quota = findWritable(call);
      const { name: called = quota.name, apps } = parseBody(updateSchema, call.text);
      const limits = limitsOf(apps, quota.limits);
      const after = cloud.transact((next) =>
        next.quotas.put({ ...quota, updatedAt: next.now(), name: called, limits }),
      );
      return ok(present(after, call));
    }),
    post('/v3/organization_quotas/:guid/relationships/organizations', 'quota:write', (call) => {
      const quota = findWritable(call);
      const places = guids(parseBody(many, call.text));
      cloud.transact((after) => {
        applyToOrganizations(after, quota, places);
      });
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
  /** A manager of the organization, and whoever sees a space under it. */
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
    const quota = state.quotas.get(guidOf(call));
    if (!quota || !isVisible(call, quota)) {
      throw notFound('Space quota');
    }
    return quota;
  };
  const findWritable = (call: Call): Quota => {
    const quota = find(call);
    if (!call.access.inOrganization(call.needs, quota.organizationGuid ?? '')) {
      call.access.require(call.needs);
    }
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
      const { name: called, apps, relationships } = parseBody(spaceSchema, call.text);
      const command = {
        name: called,
        limits: limitsOf(apps),
        organizationGuid: relationships.organization.data.guid,
        places: guids(relationships.spaces),
      };
      const quota = cloud.transact((after) => createSpaceQuota(after, call.access, command));
      return created(present(quota, call));
    }),
    patch('/v3/space_quotas/:guid', 'space-quota:write', (call) => {
      const quota = findWritable(call);
      const { name: called = quota.name, apps } = parseBody(updateSchema.omit({ domains: true }), call.text);
      const limits = limitsOf(apps, quota.limits);
      const after = cloud.transact((next) =>
        next.quotas.put({ ...quota, updatedAt: next.now(), name: called, limits }),
      );
      return ok(present(after, call));
    }),
    del('/v3/space_quotas/:guid', 'space-quota:write', (call) => {
      const { guid } = findWritable(call);
      return accepted(
        call,
        cloud.enqueue((after) => createJob(after, 'space_quota.delete', { guid })),
      );
    }),
    post('/v3/space_quotas/:guid/relationships/spaces', 'space-quota:write', (call) => {
      const quota = findWritable(call);
      const places = guids(parseBody(many, call.text));
      cloud.transact((after) => {
        applyToSpaces(after, quota, places);
      });
      const self = `/v3/space_quotas/${quota.guid}/relationships/spaces`;
      return ok({ ...toMany(under(call, quota)), links: links(call.base, { self }) });
    }),
    del('/v3/space_quotas/:guid/relationships/spaces/:space', 'space-quota:write', (call) => {
      const quota = findWritable(call);
      const space = state.spaces.get(guidOf(call, 'space'));
      if (space?.quotaGuid !== quota.guid) {
        throw notFound('Space');
      }
      cloud.transact((after) => after.spaces.put({ ...space, quotaGuid: undefined }));
      return noContent;
    }),
  ];
};

/** @see https://v3-apidocs.cloudfoundry.org/#organization-quotas */
export const quotas = (cloud: Cloud): readonly Endpoint[] => [...organizationQuotas(cloud), ...spaceQuotas(cloud)];
