import { z } from 'zod';
import type { Cloud } from '../cloud/cloud';
import { notAuthorized, notFound, unprocessable } from '../cloud/errors';
import { createJob } from '../cloud/jobs';
import type { ServiceInstance } from '../cloud/records';
import {
  deleteServiceInstance,
  requireInstance,
  requireReadableParameters,
  isBusy,
  createUserProvided,
  updateUserProvided,
} from '../cloud/service-instances';
import { beginDeprovisioning, createManaged, updateManaged } from '../cloud/managed-instances';
import { name, one, parseBody, many } from './body';
import { metadata } from '../cloud/metadata';
import { fieldParameters, withIncluded } from './collection';
import {
  accepted,
  created,
  del,
  get,
  guidOf,
  noContent,
  ok,
  patch,
  post,
  type Answer,
  type Call,
  type Endpoint,
} from './endpoint';
import { links, toMany } from './present';
import { instanceCollection, presentInstance, spaceFields } from './service-instance-collection';
import { beginUnbinding } from '../cloud/service-bindings';
import { bindingsIn, shareInstance, unshareInstance } from '../cloud/service-sharing';
import { endpointsOf } from './resource';

/** A scheme, followed by the characters that RFC 3986 allows in a URI. */
const URI = /^[a-z][a-z\d+.-]*:[\w.~:/?#[\]@!$&'()*+,;=%-]+$/i;

const isUri = (text: string): boolean => URI.test(text) && URL.canParse(text);
const isHttps = (text: string): boolean => text.startsWith('https:');
/** Checks the text as well, since `URL` takes `https:example.com` for a URL with a host. */
const hasHost = (text: string): boolean => /^https:\/\/[^/?#]/.test(text) && !new URL(text).hostname.startsWith('.');

/**
 * A URI, or an empty string for none.
 *
 * @param label the field's name in the platform's messages
 */
export const uri = (label: string) =>
  z.string().refine((text) => text === '' || isUri(text), { error: `${label} must be a valid URI` });

export const routeServiceUrl = uri('Route service url')
  .refine((text) => text === '' || isHttps(text), { error: 'Route service url must be https' })
  .refine((text) => !isUri(text) || !isHttps(text) || hasHost(text), {
    error: 'service_instance route_service_url_invalid',
  })
  .nullish();

const credentials = z.record(z.string(), z.unknown());
const tags = z.array(z.string());
const drain = uri('Syslog drain url').nullish();

const userProvided = z.strictObject({
  type: z.literal('user-provided'),
  name,
  relationships: z.strictObject({ space: one }),
  credentials: credentials.nullish(),
  tags: tags.nullish(),
  syslog_drain_url: drain,
  route_service_url: routeServiceUrl,
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
const updateUserProvidedSchema = z.strictObject({
  name: name.optional(),
  credentials: credentials.nullish(),
  tags: tags.nullish(),
  syslog_drain_url: drain,
  route_service_url: routeServiceUrl,
  metadata,
});
const updateManagedSchema = z.strictObject({
  name: name.optional(),
  tags: tags.nullish(),
  parameters: z.record(z.string(), z.unknown()).nullish(),
  relationships: z.strictObject({ service_plan: one.optional() }).optional(),
  maintenance_info: z.strictObject({ version: z.string() }).optional(),
  metadata,
});

const create = (cloud: Cloud, call: Call): Answer => {
  const body = parseBody(createSchema, call.text);
  const common = {
    name: body.name,
    spaceGuid: body.relationships.space.data.guid,
    tags: body.tags,
    metadata: body.metadata,
  };
  if (body.type === 'user-provided') {
    const command = {
      ...common,
      credentials: body.credentials,
      syslogDrainUrl: body.syslog_drain_url,
      routeServiceUrl: body.route_service_url,
    };
    const made = cloud.transact((after) => createUserProvided(after, call.access, command));
    return created(presentInstance(made, call));
  }
  const planGuid = body.relationships.service_plan.data.guid;
  const { parameters } = body;
  const job = cloud.enqueue((after) => {
    const { guid } = createManaged(after, call.access, { ...common, planGuid, parameters });
    return createJob(after, 'service_instance.create', { guid }, call.access);
  });
  return accepted(call, job);
};

const changeUserProvided = (cloud: Cloud, call: Call, instance: ServiceInstance): Answer => {
  const body = parseBody(updateUserProvidedSchema, call.text);
  const command = {
    name: body.name,
    credentials: body.credentials,
    tags: body.tags,
    syslogDrainUrl: body.syslog_drain_url,
    routeServiceUrl: body.route_service_url,
    metadata: body.metadata,
  };
  const changed = cloud.transact((after) => updateUserProvided(after, instance, command));
  return ok(presentInstance(changed, call));
};

const changeManaged = (cloud: Cloud, call: Call, instance: ServiceInstance): Answer => {
  const { relationships, maintenance_info: maintenance, ...body } = parseBody(updateManagedSchema, call.text);
  if (maintenance) {
    throw unprocessable('The service broker does not support upgrades for service instances created from this plan.');
  }
  const command = { ...body, planGuid: relationships?.service_plan?.data.guid };
  const { changed, job } = cloud.transact((after) => {
    const outcome = updateManaged(after, call.access, instance, command);
    return 'type' in outcome
      ? { changed: outcome }
      : { job: createJob(after, 'service_instance.update', outcome, call.access) };
  });
  if (job) {
    cloud.jobs.run(job);
    return accepted(call, job);
  }
  return ok(presentInstance(changed, call));
};

/** Deletes the instance; with `purge`, without calling the broker and in whatever state the instance is. */
const remove = (cloud: Cloud, call: Call, instance: ServiceInstance): Answer => {
  const { guid, type } = instance;
  const isManaged = type === 'managed';
  const purges = call.query['purge'] === 'true';
  if (purges && isManaged && !call.access.everywhere('marketplace:write')) throw notAuthorized();
  if (purges || !isManaged) {
    cloud.transact((after) => deleteServiceInstance(after, guid, purges ? 'purge' : 'delete'));
    return noContent;
  }
  if (isBusy(instance)) throw unprocessable('There is an operation in progress for the service instance.');
  const job = cloud.enqueue((after) => {
    beginDeprovisioning(after, instance);
    return createJob(after, 'service_instance.delete', { guid }, call.access);
  });
  return accepted(call, job);
};

export const serviceInstances = (cloud: Cloud): readonly Endpoint[] => {
  const { state } = cloud;
  const find = (call: Call): ServiceInstance => requireInstance(state, call.access, call.needs, guidOf(call));
  const { list, read } = endpointsOf(cloud, instanceCollection(state), find);
  return [
    list,
    read(),
    get('/v3/service_instances/:guid/credentials', 'secret:read', (call) => {
      const instance = find(call);
      if (instance.type === 'managed') throw notFound('Service instance');
      return ok(instance.credentials);
    }),
    get('/v3/service_instances/:guid/parameters', 'service:read', async (call) => {
      const instance = find(call);
      requireReadableParameters(state, call.access, instance);
      return ok((await cloud.brokers.parameters(call.access, instance)) ?? instance.parameters ?? {});
    }),
    post('/v3/service_instances', 'service:write', (call) => create(cloud, call)),
    patch('/v3/service_instances/:guid', 'service:write', (call) => {
      const instance = find(call);
      return (instance.type === 'managed' ? changeManaged : changeUserProvided)(cloud, call, instance);
    }),
    del('/v3/service_instances/:guid', 'service:write', (call) => remove(cloud, call, find(call)), {
      query: ['purge'],
    }),
  ];
};

const pathOf = ({ guid }: ServiceInstance): string => `/v3/service_instances/${guid}/relationships/shared_spaces`;

const presentSharing = (instance: ServiceInstance, { base }: Pick<Call, 'base'>) => ({
  ...toMany(instance.sharedSpaces ?? []),
  links: links(base, { self: pathOf(instance) }),
});

/** @see https://docs.cloudfoundry.org/devguide/services/sharing-instances.html */
export const sharedSpaces = (cloud: Cloud): readonly Endpoint[] => {
  const { state } = cloud;
  const find = (call: Call): ServiceInstance => requireInstance(state, call.access, call.needs, guidOf(call));
  const fields = spaceFields<ServiceInstance>(state, ({ sharedSpaces: shared = [] }) => shared);
  const path = '/v3/service_instances/:guid/relationships/shared_spaces';
  return [
    get(path, 'service:read', (call) => ok(withIncluded(find(call), call, { present: presentSharing, fields })), {
      query: fieldParameters(fields),
    }),
    get(`${path}/usage_summary`, 'service:read', (call) => {
      const instance = find(call);
      return ok({
        usage_summary: (instance.sharedSpaces ?? []).map((guid) => ({
          space: { guid },
          bound_app_count: bindingsIn(state, instance, guid).length,
        })),
        links: links(call.base, {
          self: `${pathOf(instance)}/usage_summary`,
          shared_spaces: pathOf(instance),
          service_instance: `/v3/service_instances/${instance.guid}`,
        }),
      });
    }),
    post(path, 'service:write', (call) => {
      const instance = find(call);
      const guids = parseBody(many, call.text).data.map(({ guid }) => guid);
      const shared = cloud.transact((after) => shareInstance(after, call.access, instance, guids));
      return ok(presentSharing(shared, call));
    }),
    del(`${path}/:space`, 'service:write', (call) => {
      const instance = find(call);
      const space = guidOf(call, 'space');
      if (!state.spaces.get(space)) {
        throw unprocessable(`Unable to unshare service instance from space ${space}. Ensure the space exists.`);
      }
      // The applications there lose their bindings; the jobs tell the broker after the response.
      const jobs = cloud.transact((after) => {
        unshareInstance(after, instance, space);
        return bindingsIn(after, instance, space).map((binding) => {
          beginUnbinding(after, binding);
          return createJob(after, 'service_bindings.delete', { guid: binding.guid }, call.access);
        });
      });
      jobs.forEach((job) => cloud.jobs.run(job));
      return noContent;
    }),
  ];
};
