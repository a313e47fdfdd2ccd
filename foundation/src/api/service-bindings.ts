import { z } from 'zod';
import type { Cloud } from '../cloud/cloud';
import { CloudError, notAuthorized, unprocessable, badRequest } from '../cloud/errors';
import { createJob } from '../cloud/jobs';
import { offeringOf } from '../cloud/marketplace';
import { metadata, relabel } from '../cloud/metadata';
import type { ServiceBinding, RouteBinding } from '../cloud/records';
import {
  addBinding,
  beginUnbinding,
  deleteBinding,
  requireBindable,
  requireUnbindable,
  spaceOfBinding,
} from '../cloud/service-bindings';
import type { State } from '../cloud/state';
import { presentApp } from './apps';
import { one, parseBody } from './body';
import { type Collection } from './collection';
import { accepted, created, del, get, guidOf, noContent, ok, post, type Call, type Endpoint } from './endpoint';
import { links, presentRow, toOne } from './present';
import { found, including } from './lookup';
import { includedInstances, presentOperation } from './service-instance-collection';
import { createRouteBinding, deleteRouteBinding, spaceOfRouteBinding } from '../cloud/route-bindings';
import { presentRoute } from './routes';
import { endpointsOf } from './resource';

const presentBinding = (binding: ServiceBinding, { base }: Pick<Call, 'base'>) => ({
  ...presentRow(binding),
  type: binding.type,
  name: binding.name,
  last_operation: presentOperation(binding.lastOperation),
  relationships: {
    service_instance: toOne(binding.serviceInstanceGuid),
    ...(binding.appGuid === undefined ? {} : { app: toOne(binding.appGuid) }),
  },
  metadata: binding.metadata,
  links: links(base, {
    self: `/v3/service_credential_bindings/${binding.guid}`,
    details: `/v3/service_credential_bindings/${binding.guid}/details`,
    parameters: `/v3/service_credential_bindings/${binding.guid}/parameters`,
    service_instance: `/v3/service_instances/${binding.serviceInstanceGuid}`,
    ...(binding.appGuid === undefined ? {} : { app: `/v3/apps/${binding.appGuid}` }),
  }),
});

const createSchema = z
  .strictObject({
    type: z.enum(['app', 'key']),
    name: z.string().nullish(),
    relationships: z.strictObject({ service_instance: one, app: one.optional() }),
    parameters: z.record(z.string(), z.unknown()).nullish(),
    metadata,
  })
  .transform(({ relationships, ...body }) => ({
    ...body,
    serviceInstanceGuid: relationships.service_instance.data.guid,
    appGuid: relationships.app?.data.guid,
  }));

const collectionOf = (state: State): Collection<ServiceBinding> => {
  const instanceOf = (binding: ServiceBinding) => state.serviceInstances.expect(binding.serviceInstanceGuid);
  return {
    path: '/v3/service_credential_bindings',
    needs: 'service:read',
    rows: ({ access }) =>
      state.serviceBindings.where((binding) => access.inSpace('service:read', spaceOfBinding(state, binding))),
    filters: {
      guids: 'guid',
      names: (row) => row.name ?? undefined,
      type: 'type',
      app_guids: 'appGuid',
      app_names: (row) => state.apps.get(row.appGuid)?.name,
      service_instance_guids: 'serviceInstanceGuid',
      service_instance_names: (row) => instanceOf(row).name,
      service_plan_guids: (row) => instanceOf(row).planGuid,
      service_plan_names: (row) => state.servicePlans.get(instanceOf(row).planGuid)?.name,
      service_offering_guids: (row) => offeringOf(state, instanceOf(row))?.guid,
      service_offering_names: (row) => offeringOf(state, instanceOf(row))?.name,
    },
    order: ['name'],
    includes: {
      app: including('apps', ({ appGuid }) => appGuid, state.apps, presentApp),
      service_instance: includedInstances(state),
    },
    present: presentBinding,
  };
};

const requireReadableParameters = (state: State, binding: ServiceBinding): void => {
  const instance = state.serviceInstances.expect(binding.serviceInstanceGuid);
  if (!offeringOf(state, instance)?.bindingsRetrievable) {
    throw new CloudError(
      400,
      90007,
      'CF-ServiceFetchBindingParametersNotSupported',
      'This service does not support fetching service binding parameters.',
    );
  }
};

const NAMES = { app: 'service_bindings', key: 'service_keys' } as const;

export const serviceCredentialBindings = (cloud: Cloud): readonly Endpoint[] => {
  const { state } = cloud;
  const find = (call: Call): ServiceBinding => {
    const binding = found(state.serviceBindings.get(call.params['guid']), 'Service credential binding');
    call.access.requireInSpace(call.needs, spaceOfBinding(state, binding), 'Service credential binding');
    return binding;
  };
  const binding = endpointsOf(cloud, collectionOf(state), find);
  const isManaged = (binding: ServiceBinding): boolean =>
    state.serviceInstances.expect(binding.serviceInstanceGuid).type === 'managed';
  return [
    binding.list,
    binding.read(),
    get('/v3/service_credential_bindings/:guid/details', 'secret:read', (call) => {
      const { credentials, serviceInstanceGuid, syslogDrainUrl: ownDrainUrl } = find(call);
      const { syslogDrainUrl } = state.serviceInstances.expect(serviceInstanceGuid);
      return ok({ credentials, syslog_drain_url: ownDrainUrl ?? syslogDrainUrl, volume_mounts: [] });
    }),
    get('/v3/service_credential_bindings/:guid/parameters', 'service:read', async (call) => {
      const binding = find(call);
      requireReadableParameters(state, binding);
      const instance = state.serviceInstances.expect(binding.serviceInstanceGuid);
      return ok((await cloud.brokers.parameters(call.access, instance, binding.guid)) ?? binding.parameters ?? {});
    }),
    post(
      '/v3/service_credential_bindings',
      'app:manage',
      (call) => {
        const command = parseBody(createSchema, call.text);
        const instance = requireBindable(state, call.access, command);
        if (instance.type === 'user-provided') {
          const made = cloud.transact((after) => addBinding(after, instance, command));
          return created(presentBinding(made, call));
        }
        const job = cloud.enqueue((after) => {
          const { guid, type } = addBinding(after, instance, command);
          return createJob(after, `${NAMES[type]}.create`, { guid }, call.access);
        });
        return accepted(call, job);
      },
      { note: 'for an application; a key needs `service:write`' },
    ),
    binding.change('service:write', z.strictObject({ metadata }), (after, row, body) => {
      if (row.lastOperation.type === 'delete' && row.lastOperation.state === 'in progress') {
        throw unprocessable('The service binding is being deleted');
      }
      return relabel(after, after.serviceBindings, row, body.metadata);
    }),
    del(
      '/v3/service_credential_bindings/:guid',
      'app:manage',
      (call) => {
        const binding = find(call);
        const { guid, type } = binding;
        if (type === 'key' && !call.access.inSpace('service:write', spaceOfBinding(state, binding))) {
          throw notAuthorized();
        }
        requireUnbindable(state, binding);
        if (!isManaged(binding)) {
          cloud.transact((after) => deleteBinding(after, guid));
          return noContent;
        }
        const job = cloud.enqueue((after) => {
          beginUnbinding(after, binding);
          return createJob(after, `${NAMES[type]}.delete`, { guid }, call.access);
        });
        return accepted(call, job);
      },
      { note: 'for an application; a key needs `service:write`' },
    ),
  ];
};

const createRouteSchema = z
  .strictObject({
    relationships: z.strictObject({ service_instance: one, route: one }),
    parameters: z.record(z.string(), z.unknown()).nullish(),
    metadata,
  })
  .transform(({ relationships, ...body }) => ({
    ...body,
    serviceInstanceGuid: relationships.service_instance.data.guid,
    routeGuid: relationships.route.data.guid,
  }));

const presentRouteBinding = (binding: RouteBinding, { base }: Pick<Call, 'base'>) => ({
  ...presentRow(binding),
  route_service_url: binding.routeServiceUrl,
  last_operation: {
    type: 'create',
    state: 'succeeded',
    description: null,
    created_at: binding.createdAt,
    updated_at: binding.createdAt,
  },
  relationships: {
    service_instance: toOne(binding.serviceInstanceGuid),
    route: toOne(binding.routeGuid),
  },
  metadata: binding.metadata,
  links: links(base, {
    self: `/v3/service_route_bindings/${binding.guid}`,
    service_instance: `/v3/service_instances/${binding.serviceInstanceGuid}`,
    route: `/v3/routes/${binding.routeGuid}`,
  }),
});

const routeCollectionOf = (state: State): Collection<RouteBinding> => ({
  path: '/v3/service_route_bindings',
  needs: 'service:read',
  rows: ({ access }) =>
    state.routeBindings.where((binding) => access.inSpace('service:read', spaceOfRouteBinding(state, binding))),
  filters: {
    guids: 'guid',
    route_guids: 'routeGuid',
    service_instance_guids: 'serviceInstanceGuid',
    service_instance_names: (row) => state.serviceInstances.expect(row.serviceInstanceGuid).name,
  },
  includes: {
    route: including(
      'routes',
      ({ routeGuid }) => routeGuid,
      state.routes,
      (row, call) => presentRoute(state, row, call),
    ),
    service_instance: includedInstances(state),
  },
  present: presentRouteBinding,
});

export const serviceRouteBindings = (cloud: Cloud): readonly Endpoint[] => {
  const { state } = cloud;
  const find = (call: Call): RouteBinding => {
    const row = found(state.routeBindings.get(guidOf(call)), 'Service route binding');
    call.access.requireInSpace(call.needs, spaceOfRouteBinding(state, row), 'Service route binding');
    return row;
  };
  const binding = endpointsOf(cloud, routeCollectionOf(state), find);
  return [
    binding.list,
    binding.read(),
    get('/v3/service_route_bindings/:guid/parameters', 'service:write', (call) => {
      find(call);
      throw badRequest('user provided service instances do not support fetching route bindings parameters.');
    }),
    binding.create('app:manage', createRouteSchema, createRouteBinding),
    binding.relabel('service:write', state.routeBindings),
    del('/v3/service_route_bindings/:guid', 'app:manage', (call) => {
      const { guid } = find(call);
      cloud.transact((after) => deleteRouteBinding(after, guid));
      return noContent;
    }),
  ];
};
