import { z } from 'zod';
import type { Cloud } from '../cloud/cloud';
import { notFound } from '../cloud/errors';
import { createJob } from '../cloud/jobs';
import { mergeMetadata } from '../cloud/metadata';
import type { ServiceBinding } from '../cloud/records';
import { addBinding, requireBindable } from '../cloud/service-bindings';
import { metadata, one, parseBody } from './body';
import { list } from './collection';
import { accepted, created, del, get, guidOf, noContent, ok, patch, post, type Call, type Endpoint } from './endpoint';
import { links, presentRow, toOne } from './present';
import { presentOperation } from './service-instances';

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
    service_instance: `/v3/service_instances/${binding.serviceInstanceGuid}`,
    ...(binding.appGuid === undefined ? {} : { app: `/v3/apps/${binding.appGuid}` }),
  }),
});

const createSchema = z.strictObject({
  type: z.enum(['app', 'key']),
  name: z.string().nullish(),
  relationships: z.strictObject({ service_instance: one, app: one.optional() }),
  parameters: z.record(z.string(), z.unknown()).nullish(),
  metadata,
});
const updateSchema = z.strictObject({ metadata });

export const serviceCredentialBindings = (cloud: Cloud): readonly Endpoint[] => {
  const { state } = cloud;
  const instanceOf = (binding: ServiceBinding) => state.serviceInstances.expect(binding.serviceInstanceGuid);
  const find = (call: Call): ServiceBinding => {
    const binding = state.serviceBindings.get(call.params['guid']);
    if (!binding) {
      throw notFound('Service credential binding');
    }
    call.access.requireInSpace(call.needs, instanceOf(binding).spaceGuid, 'Service credential binding');
    return binding;
  };
  return [
    list({
      path: '/v3/service_credential_bindings',
      needs: 'service:read',
      rows: ({ access }) =>
        state.serviceBindings.where((binding) => access.inSpace('service:read', instanceOf(binding).spaceGuid)),
      filters: {
        guids: (row) => row.guid,
        names: (row) => row.name ?? undefined,
        type: (row) => row.type,
        app_guids: (row) => row.appGuid,
        app_names: (row) => state.apps.get(row.appGuid)?.name,
        service_instance_guids: (row) => row.serviceInstanceGuid,
        service_instance_names: (row) => instanceOf(row).name,
      },
      present: presentBinding,
    }),
    get('/v3/service_credential_bindings/:guid', 'service:read', (call) => ok(presentBinding(find(call), call))),
    get('/v3/service_credential_bindings/:guid/details', 'secret:read', (call) => {
      const binding = find(call);
      const { syslogDrainUrl } = instanceOf(binding);
      return ok({ credentials: binding.credentials, syslog_drain_url: syslogDrainUrl, volume_mounts: [] });
    }),
    post('/v3/service_credential_bindings', 'service:write', (call) => {
      const { type, name, relationships, metadata: labels } = parseBody(createSchema, call.text);
      const command = {
        type,
        name,
        serviceInstanceGuid: relationships.service_instance.data.guid,
        appGuid: relationships.app?.data.guid,
        metadata: labels,
      };
      const instance = requireBindable(state, call.access, command);
      if (instance.type === 'user-provided') {
        return created(
          presentBinding(
            cloud.transact((after) => addBinding(after, instance, command)),
            call,
          ),
        );
      }
      const job = cloud.enqueue((after) => {
        const binding = addBinding(after, instance, command);
        const operation = type === 'key' ? 'service_keys.create' : 'service_bindings.create';
        return createJob(after, operation, { guid: binding.guid });
      });
      return accepted(call, job);
    }),
    patch('/v3/service_credential_bindings/:guid', 'service:write', (call) => {
      const binding = find(call);
      const command = parseBody(updateSchema, call.text);
      const merged = mergeMetadata(binding.metadata, command.metadata);
      const after = cloud.transact((next) =>
        next.serviceBindings.put({ ...binding, updatedAt: next.now(), metadata: merged }),
      );
      return ok(presentBinding(after, call));
    }),
    del('/v3/service_credential_bindings/:guid', 'service:write', (call) => {
      const binding = find(call);
      if (instanceOf(binding).type === 'user-provided') {
        cloud.transact((after) => {
          after.serviceBindings.delete(guidOf(call));
        });
        return noContent;
      }
      const operation = binding.type === 'key' ? 'service_keys.delete' : 'service_bindings.delete';
      return accepted(
        call,
        cloud.enqueue((after) => createJob(after, operation, { guid: binding.guid })),
      );
    }),
  ];
};
