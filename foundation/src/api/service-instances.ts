import { z } from 'zod';
import type { Cloud } from '../cloud/cloud';
import { notFound, unprocessable } from '../cloud/errors';
import { createJob } from '../cloud/jobs';
import type { LastOperation, ServiceInstance } from '../cloud/records';
import {
  beginDeprovisioning,
  createManaged,
  createUserProvided,
  deleteServiceInstance,
  requireIdle,
  updateServiceInstance,
} from '../cloud/service-instances';
import { metadata, name, one, parseBody } from './body';
import { list } from './collection';
import { accepted, created, del, get, noContent, ok, patch, post, type Call, type Endpoint } from './endpoint';
import { requireRow, visible } from './lookup';
import { links, presentRow, toOne } from './present';

export const presentOperation = ({ createdAt, updatedAt, ...operation }: LastOperation) => ({
  ...operation,
  created_at: createdAt,
  updated_at: updatedAt,
});

const MANAGED_FIELDS = { maintenance_info: {}, upgrade_available: false, dashboard_url: null };

const presentInstance = (instance: ServiceInstance, { base }: Pick<Call, 'base'>) => ({
  ...presentRow(instance),
  type: instance.type,
  name: instance.name,
  tags: instance.tags,
  ...(instance.type === 'managed'
    ? MANAGED_FIELDS
    : { syslog_drain_url: instance.syslogDrainUrl, route_service_url: instance.routeServiceUrl }),
  last_operation: presentOperation(instance.lastOperation),
  relationships: {
    space: toOne(instance.spaceGuid),
    ...(instance.planGuid === undefined ? {} : { service_plan: toOne(instance.planGuid) }),
  },
  metadata: instance.metadata,
  links: links(base, {
    self: `/v3/service_instances/${instance.guid}`,
    space: `/v3/spaces/${instance.spaceGuid}`,
    service_credential_bindings: `/v3/service_credential_bindings?service_instance_guids=${instance.guid}`,
    ...(instance.planGuid === undefined
      ? { credentials: `/v3/service_instances/${instance.guid}/credentials` }
      : { service_plan: `/v3/service_plans/${instance.planGuid}` }),
  }),
});

const credentials = z.record(z.string(), z.unknown());
const tags = z.array(z.string());
const url = z.string().nullish();

const userProvided = z.strictObject({
  type: z.literal('user-provided'),
  name,
  relationships: z.strictObject({ space: one }),
  credentials: credentials.nullish(),
  tags: tags.nullish(),
  syslog_drain_url: url,
  route_service_url: url,
  metadata,
});
const managed = z.strictObject({
  type: z.literal('managed'),
  name,
  relationships: z.strictObject({ space: one, service_plan: one }),
  parameters: z.record(z.string(), z.unknown()).nullish(),
  tags: tags.nullish(),
  metadata,
});
const createSchema = z.discriminatedUnion('type', [userProvided, managed]);
const updateSchema = z.strictObject({
  name: name.optional(),
  credentials: credentials.nullish(),
  tags: tags.nullish(),
  syslog_drain_url: url,
  route_service_url: url,
  parameters: z.record(z.string(), z.unknown()).nullish(),
  relationships: z.strictObject({ service_plan: one.optional() }).optional(),
  metadata,
});

const requireNoParameters = (parameters: object | null | undefined): void => {
  const [first] = Object.keys(parameters ?? {});
  if (first !== undefined) {
    throw unprocessable(`Service broker error: unknown parameter '${first}'; this plan takes none`);
  }
};

export const serviceInstances = (cloud: Cloud): readonly Endpoint[] => {
  const { state } = cloud;
  const find = (call: Call): ServiceInstance => requireRow(state, call, 'serviceInstances', 'Service instance');
  return [
    list({
      path: '/v3/service_instances',
      needs: 'service:read',
      rows: (call) => visible(state, call, state.serviceInstances),
      filters: {
        guids: (row) => row.guid,
        names: (row) => row.name,
        type: (row) => row.type,
        space_guids: (row) => row.spaceGuid,
        organization_guids: (row) => state.spaces.expect(row.spaceGuid).organizationGuid,
        service_plan_guids: (row) => row.planGuid,
        service_plan_names: (row) => state.servicePlans.get(row.planGuid)?.name,
      },
      order: { name: (row) => row.name },
      present: presentInstance,
    }),
    get('/v3/service_instances/:guid', 'service:read', (call) => ok(presentInstance(find(call), call))),
    get('/v3/service_instances/:guid/credentials', 'secret:read', (call) => {
      const instance = find(call);
      if (instance.type === 'managed') {
        throw notFound('Service instance');
      }
      return ok(instance.credentials);
    }),
    post('/v3/service_instances', 'service:write', (call) => {
      const body = parseBody(createSchema, call.text);
      const common = { name: body.name, spaceGuid: body.relationships.space.data.guid, metadata: body.metadata };
      if (body.type === 'user-provided') {
        const command = {
          ...common,
          credentials: body.credentials,
          tags: body.tags,
          syslogDrainUrl: body.syslog_drain_url,
          routeServiceUrl: body.route_service_url,
        };
        return created(
          presentInstance(
            cloud.transact((after) => createUserProvided(after, call.access, command)),
            call,
          ),
        );
      }
      requireNoParameters(body.parameters);
      const planGuid = body.relationships.service_plan.data.guid;
      const job = cloud.enqueue((after) => {
        const instance = createManaged(after, call.access, { ...common, planGuid, tags: body.tags ?? [] });
        return createJob(after, 'service_instance.create', { guid: instance.guid });
      });
      return accepted(call, job);
    }),
    patch('/v3/service_instances/:guid', 'service:write', (call) => {
      const instance = find(call);
      const body = parseBody(updateSchema, call.text);
      requireNoParameters(body.parameters);
      const plan = body.relationships?.service_plan?.data.guid;
      if (instance.type === 'managed' && body.credentials) {
        throw unprocessable("Unknown field(s): 'credentials'");
      }
      if (plan !== undefined && plan !== instance.planGuid) {
        throw unprocessable('The service does not support changing plans.');
      }
      const command = {
        name: body.name,
        credentials: body.credentials,
        tags: body.tags,
        syslogDrainUrl: body.syslog_drain_url,
        routeServiceUrl: body.route_service_url,
        metadata: body.metadata,
      };
      return ok(
        presentInstance(
          cloud.transact((after) => updateServiceInstance(after, call.access, instance, command)),
          call,
        ),
      );
    }),
    del('/v3/service_instances/:guid', 'service:write', (call) => {
      const instance = find(call);
      const { guid } = instance;
      if (instance.type === 'user-provided') {
        cloud.transact((after) => {
          deleteServiceInstance(after, guid);
        });
        return noContent;
      }
      requireIdle(instance);
      const job = cloud.enqueue((after) => {
        beginDeprovisioning(after, instance);
        return createJob(after, 'service_instance.delete', { guid });
      });
      return accepted(call, job);
    }),
  ];
};
