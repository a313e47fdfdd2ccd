import type { Cloud } from '../cloud/cloud';
import { notFound } from '../cloud/errors';
import type { ServiceOffering, ServicePlan } from '../cloud/records';
import { list } from './collection';
import { get, ok, type Call, type Endpoint } from './endpoint';
import { links, presentRow, toOne } from './present';

/** All offerings are of this broker, which no tenant sees as an object. */
const BROKER = 'aws-broker';

const presentOffering = (offering: ServiceOffering, { base }: Pick<Call, 'base'>) => ({
  ...presentRow(offering),
  name: offering.name,
  description: offering.description,
  available: true,
  tags: offering.tags,
  requires: [],
  shareable: false,
  documentation_url: '',
  broker_catalog: {
    id: offering.guid,
    metadata: {},
    features: {
      plan_updateable: false,
      bindable: true,
      instances_retrievable: false,
      bindings_retrievable: false,
      allow_context_updates: false,
    },
  },
  metadata: offering.metadata,
  links: links(base, {
    self: `/v3/service_offerings/${offering.guid}`,
    service_plans: `/v3/service_plans?service_offering_guids=${offering.guid}`,
  }),
});

const presentPlan = (plan: ServicePlan, { base }: Pick<Call, 'base'>) => ({
  ...presentRow(plan),
  name: plan.name,
  description: plan.description,
  visibility_type: 'public',
  available: true,
  free: true,
  costs: [],
  maintenance_info: {},
  broker_catalog: {
    id: plan.guid,
    metadata: {},
    maximum_polling_duration: null,
    features: { bindable: true, plan_updateable: false },
  },
  schemas: {
    service_instance: { create: { parameters: {} }, update: { parameters: {} } },
    service_binding: { create: { parameters: {} } },
  },
  relationships: { service_offering: toOne(plan.offeringGuid) },
  metadata: plan.metadata,
  links: links(base, {
    self: `/v3/service_plans/${plan.guid}`,
    service_offering: `/v3/service_offerings/${plan.offeringGuid}`,
  }),
});

/** The marketplace, as everybody sees it. */
export const servicePlans = ({ state }: Cloud): readonly Endpoint[] => [
  list({
    path: '/v3/service_offerings',
    needs: 'marketplace:read',
    rows: () => [...state.serviceOfferings],
    filters: { guids: (row) => row.guid, names: (row) => row.name, service_broker_names: () => BROKER },
    order: { name: (row) => row.name },
    present: presentOffering,
  }),
  get('/v3/service_offerings/:guid', 'marketplace:read', (call) => {
    const offering = state.serviceOfferings.get(call.params['guid']);
    if (!offering) {
      throw notFound('Service offering');
    }
    return ok(presentOffering(offering, call));
  }),
  list({
    path: '/v3/service_plans',
    needs: 'marketplace:read',
    rows: () => [...state.servicePlans],
    filters: {
      guids: (row) => row.guid,
      names: (row) => row.name,
      available: () => 'true',
      service_offering_names: (row) => state.serviceOfferings.expect(row.offeringGuid).name,
      service_offering_guids: (row) => row.offeringGuid,
      service_broker_names: () => BROKER,
    },
    order: { name: (row) => row.name },
    includes: {
      service_offering: (rows, call) => ({
        service_offerings: [...new Set(rows.map(({ offeringGuid }) => offeringGuid))].map((guid) =>
          presentOffering(state.serviceOfferings.expect(guid), call),
        ),
      }),
    },
    present: presentPlan,
  }),
  get('/v3/service_plans/:guid', 'marketplace:read', (call) => {
    const plan = state.servicePlans.get(call.params['guid']);
    if (!plan) {
      throw notFound('Service plan');
    }
    return ok(presentPlan(plan, call));
  }),
];
