import type { Row, LastOperation, ServiceInstance } from '../cloud/records';
import type { State } from '../cloud/state';
import type { FieldSets, Collection } from './collection';
import { type Call } from './endpoint';
import { links, presentRow, toOne } from './present';
import { offeringOf } from '../cloud/marketplace';
import { isReadable, spacesOf } from '../cloud/service-instances';
import { referred } from './lookup';

/** The `fields` of the rows' spaces, and of these spaces' organizations. */
export const spaceFields = <T extends Row>(state: State, spacesOf: (row: T) => readonly string[]): FieldSets<T> => {
  const spaces = (rows: readonly T[]) => [...new Set(rows.flatMap(spacesOf))].map((guid) => state.spaces.expect(guid));
  return {
    space: {
      collection: 'spaces',
      keys: ['guid', 'name', 'relationships.organization'],
      objects: (rows) =>
        spaces(rows).map(({ guid, name, organizationGuid }) => ({
          guid,
          name,
          relationships: { organization: toOne(organizationGuid) },
        })),
    },
    'space.organization': {
      collection: 'organizations',
      keys: ['guid', 'name'],
      objects: (rows) =>
        [...new Set(spaces(rows).map(({ organizationGuid }) => organizationGuid))].map((guid) =>
          state.organizations.expect(guid),
        ),
    },
  };
};

export const presentOperation = ({ type, state, description, createdAt, updatedAt }: LastOperation) => ({
  type,
  state,
  description,
  created_at: createdAt,
  updated_at: updatedAt,
});

const MANAGED_FIELDS = { maintenance_info: {}, upgrade_available: false };

export const presentInstance = (instance: ServiceInstance, { base }: Pick<Call, 'base'>) => ({
  ...presentRow(instance),
  type: instance.type,
  name: instance.name,
  tags: instance.tags,
  ...(instance.type === 'managed'
    ? { ...MANAGED_FIELDS, dashboard_url: instance.dashboardUrl ?? null }
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
    service_route_bindings: `/v3/service_route_bindings?service_instance_guids=${instance.guid}`,
    ...(instance.planGuid === undefined
      ? { credentials: `/v3/service_instances/${instance.guid}/credentials` }
      : {
          service_plan: `/v3/service_plans/${instance.planGuid}`,
          parameters: `/v3/service_instances/${instance.guid}/parameters`,
          shared_spaces: `/v3/service_instances/${instance.guid}/relationships/shared_spaces`,
        }),
  }),
});

/** Handles `include=service_instance` for lists of bindings. */
export const includedInstances =
  (state: State) =>
  (rows: readonly { readonly serviceInstanceGuid: string }[], call: Call): object => ({
    service_instances: referred(rows, ({ serviceInstanceGuid }) => serviceInstanceGuid, state.serviceInstances).map(
      (instance) => presentInstance(instance, call),
    ),
  });

export const instanceCollection = (state: State): Collection<ServiceInstance> => {
  const planOf = ({ planGuid }: ServiceInstance) => state.servicePlans.get(planGuid);
  const organizationOf = (spaceGuid: string): string => state.spaces.expect(spaceGuid).organizationGuid;
  return {
    path: '/v3/service_instances',
    needs: 'service:read',
    rows: ({ access }) => state.serviceInstances.where((instance) => isReadable(access, instance)),
    filters: {
      guids: 'guid',
      names: 'name',
      type: 'type',
      space_guids: spacesOf,
      organization_guids: (row) => spacesOf(row).map(organizationOf),
      service_plan_guids: 'planGuid',
      service_plan_names: (row) => planOf(row)?.name,
    },
    order: ['name'],
    fields: {
      ...spaceFields(state, (row) => [row.spaceGuid]),
      service_plan: {
        collection: 'service_plans',
        keys: ['guid', 'name', 'relationships.service_offering'],
        objects: (rows) =>
          referred(rows, ({ planGuid }) => planGuid, state.servicePlans).map(
            ({ guid, name: called, offeringGuid }) => ({
              guid,
              name: called,
              relationships: { service_offering: toOne(offeringGuid) },
            }),
          ),
      },
      'service_plan.service_offering': {
        collection: 'service_offerings',
        keys: ['guid', 'name', 'description', 'documentation_url', 'tags', 'relationships.service_broker'],
        objects: (rows) =>
          referred(rows, (row) => planOf(row)?.offeringGuid, state.serviceOfferings).map(
            ({ guid, name: called, description, tags: offered, brokerGuid }) => ({
              guid,
              name: called,
              description,
              documentation_url: '',
              tags: offered,
              relationships: { service_broker: toOne(brokerGuid) },
            }),
          ),
      },
      'service_plan.service_offering.service_broker': {
        collection: 'service_brokers',
        keys: ['guid', 'name'],
        objects: (rows) => referred(rows, (row) => offeringOf(state, row)?.brokerGuid, state.serviceBrokers),
      },
    },
    present: presentInstance,
  };
};
