import type { Cloud } from '../cloud/cloud';
import { removeOffering } from '../cloud/service-instances';
import {
  isPlanVisible,
  organizationsOffered,
  plansOf,
  spacesOffered,
  changeVisibility,
  hideFromOrganization,
  isBindable,
  isUpdateable,
} from '../cloud/marketplace';
import type { Access } from '../cloud/permissions';
import type { ServiceOffering, ServicePlan, Space } from '../cloud/records';
import type { State } from '../cloud/state';
import { type Collection } from './collection';
import { del, get, guidOf, noContent, ok, patch, post, type Call, type Endpoint } from './endpoint';
import { links, presentRow, toOne } from './present';
import { including, referred, requireVisible } from './lookup';
import { z } from 'zod';
import { parseBody } from './body';
import { presentOrganization } from './organizations';
import { presentSpace } from './spaces';
import { endpointsOf } from './resource';

const documentationUrl = ({ extra }: ServiceOffering): string | null => {
  const { documentationUrl: url } = (extra ?? {}) as { readonly documentationUrl?: unknown };
  return typeof url === 'string' ? url : null;
};

const presentOffering = (state: State, offering: ServiceOffering, { base }: Pick<Call, 'base'>) => ({
  ...presentRow(offering),
  name: offering.name,
  description: offering.description,
  available: offering.retired !== true,
  tags: offering.tags,
  requires: offering.requires ?? [],
  shareable: offering.shareable,
  documentation_url: documentationUrl(offering),
  broker_catalog: {
    id: offering.catalogId,
    metadata: offering.extra ?? { shareable: offering.shareable },
    features: {
      plan_updateable: offering.planUpdateable,
      bindable: offering.bindable ?? true,
      instances_retrievable: offering.instancesRetrievable,
      bindings_retrievable: offering.bindingsRetrievable,
      allow_context_updates: offering.allowContextUpdates ?? false,
    },
  },
  relationships: {
    service_broker: {
      data: { guid: offering.brokerGuid, name: state.serviceBrokers.expect(offering.brokerGuid).name },
    },
  },
  metadata: offering.metadata,
  links: links(base, {
    self: `/v3/service_offerings/${offering.guid}`,
    service_plans: `/v3/service_plans?service_offering_guids=${offering.guid}`,
    service_broker: `/v3/service_brokers/${offering.brokerGuid}`,
  }),
});

/** Callers see the offerings that have a plan they may see. */
const isOfferingVisible = (state: State, access: Access, offering: ServiceOffering): boolean =>
  state.servicePlans.find((plan) => plan.offeringGuid === offering.guid && isPlanVisible(access, plan)) !== undefined;

const offeringCollection = (state: State): Collection<ServiceOffering> => ({
  path: '/v3/service_offerings',
  needs: 'marketplace:read',
  rows: ({ access }) => state.serviceOfferings.where((offering) => isOfferingVisible(state, access, offering)),
  filters: {
    guids: 'guid',
    names: 'name',
    available: (row) => String(row.retired !== true),
    service_broker_guids: 'brokerGuid',
    service_broker_names: (row) => state.serviceBrokers.expect(row.brokerGuid).name,
    space_guids: (row) => spacesOffered(state, plansOf(state, row)).map(({ guid }) => guid),
    organization_guids: (row) => organizationsOffered(state, plansOf(state, row)).map(({ guid }) => guid),
  },
  order: ['name'],
  fields: {
    service_broker: {
      collection: 'service_brokers',
      keys: ['guid', 'name'],
      objects: (rows) => referred(rows, (row) => row.brokerGuid, state.serviceBrokers),
    },
  },
  present: (row, call) => presentOffering(state, row, call),
});

export const serviceOfferings = (cloud: Cloud): readonly Endpoint[] => {
  const { state } = cloud;
  const find = (call: Call): ServiceOffering =>
    requireVisible(state.serviceOfferings, call, 'Service offering', (row) =>
      isOfferingVisible(state, call.access, row),
    );
  const offering = endpointsOf(cloud, offeringCollection(state), find);
  return [
    offering.list,
    offering.read(),
    del(
      '/v3/service_offerings/:guid',
      'marketplace:write',
      (call) => {
        const row = find(call);
        cloud.transact((after) => removeOffering(after, row, call.query['purge'] === 'true'));
        return noContent;
      },
      { query: ['purge'] },
    ),
  ];
};

const costsSchema = z.object({
  costs: z.array(z.object({ amount: z.record(z.string(), z.number()), unit: z.string() })),
});

const featuresOf = (state: State, plan: ServicePlan) => {
  const offering = state.serviceOfferings.expect(plan.offeringGuid);
  return { bindable: isBindable(offering, plan), plan_updateable: isUpdateable(offering, plan) };
};

/** One cost for each currency of each cost in the catalog. */
const costsOf = ({ extra }: ServicePlan): readonly object[] => {
  const parsed = costsSchema.safeParse(extra);
  return (parsed.data?.costs ?? []).flatMap(({ amount, unit }) =>
    Object.entries(amount).map(([currency, value]) => ({ amount: value, currency: currency.toUpperCase(), unit })),
  );
};

const presentPlan = (state: State, plan: ServicePlan, { base }: Pick<Call, 'base'>) => ({
  ...presentRow(plan),
  name: plan.name,
  description: plan.description,
  visibility_type: plan.visibility.type,
  available: plan.retired !== true,
  free: plan.free,
  costs: costsOf(plan),
  maintenance_info: {},
  broker_catalog: {
    id: plan.catalogId,
    metadata: plan.extra ?? {},
    maximum_polling_duration: plan.maximumPollingDuration ?? null,
    features: featuresOf(state, plan),
  },
  schemas: {
    service_instance: {
      create: { parameters: plan.schemas?.create ?? {} },
      update: { parameters: plan.schemas?.update ?? {} },
    },
    service_binding: { create: { parameters: plan.schemas?.bind ?? {} } },
  },
  relationships: {
    service_offering: toOne(plan.offeringGuid),
    ...(plan.visibility.spaceGuid === undefined ? {} : { space: toOne(plan.visibility.spaceGuid) }),
  },
  metadata: plan.metadata,
  links: links(base, {
    self: `/v3/service_plans/${plan.guid}`,
    service_offering: `/v3/service_offerings/${plan.offeringGuid}`,
    visibility: `/v3/service_plans/${plan.guid}/visibility`,
  }),
});

const planCollection = (state: State): Collection<ServicePlan> => {
  const offeringOf = (plan: ServicePlan) => state.serviceOfferings.expect(plan.offeringGuid);
  const organizations = including(
    'organizations',
    (row: Space) => row.organizationGuid,
    state.organizations,
    presentOrganization,
  );
  const brokerOf = (plan: ServicePlan) => state.serviceBrokers.expect(offeringOf(plan).brokerGuid);
  return {
    path: '/v3/service_plans',
    needs: 'marketplace:read',
    rows: ({ access }) => state.servicePlans.where((plan) => isPlanVisible(access, plan)),
    filters: {
      guids: 'guid',
      names: 'name',
      available: (row) => String(row.retired !== true),
      broker_catalog_ids: 'catalogId',
      service_offering_names: (row) => offeringOf(row).name,
      service_offering_guids: 'offeringGuid',
      service_broker_names: (row) => brokerOf(row).name,
      service_broker_guids: (row) => offeringOf(row).brokerGuid,
      service_instance_guids: (row) =>
        state.serviceInstances.where(({ planGuid }) => planGuid === row.guid).map(({ guid }) => guid),
      organization_guids: (row) => organizationsOffered(state, [row]).map(({ guid }) => guid),
      space_guids: (row) => spacesOffered(state, [row]).map(({ guid }) => guid),
    },
    order: ['name'],
    includes: {
      service_offering: including(
        'service_offerings',
        (row) => row.offeringGuid,
        state.serviceOfferings,
        (offering, call) => presentOffering(state, offering, call),
      ),
      // Only plans of space-scoped brokers are in a space.
      'space.organization': (rows, call) => {
        const spaces = referred(rows, ({ visibility }) => visibility.spaceGuid, state.spaces);
        return {
          spaces: spaces.map((space) => presentSpace(space, call)),
          ...organizations(spaces, call),
        };
      },
    },
    fields: {
      'service_offering.service_broker': {
        collection: 'service_brokers',
        keys: ['guid', 'name'],
        objects: (rows) => referred(rows, (row) => brokerOf(row).guid, state.serviceBrokers),
      },
    },
    present: (row, call) => presentPlan(state, row, call),
  };
};

const visibilitySchema = z.strictObject({
  type: z.enum(['public', 'admin', 'organization'], "Type must be one of 'public', 'admin', 'organization'"),
  organizations: z
    .array(z.object({ guid: z.string() }))
    .min(1, "can't be blank")
    .optional(),
});

/** The marketplace, as each caller sees it. */
export const servicePlans = (cloud: Cloud): readonly Endpoint[] => {
  const { state } = cloud;
  const find = (call: Call): ServicePlan =>
    requireVisible(state.servicePlans, call, 'Service plan', (row) => isPlanVisible(call.access, row));
  const plan = endpointsOf(cloud, planCollection(state), find);
  const presentVisibility = ({ visibility: { type, organizations, spaceGuid } }: ServicePlan, { access }: Call) => ({
    type,
    ...(spaceGuid === undefined ? {} : { space: { guid: spaceGuid, name: state.spaces.expect(spaceGuid).name } }),
    ...(type === 'organization'
      ? {
          organizations: organizations
            .filter((guid) => access.inOrganization('organization:read', guid))
            .map((guid) => ({ guid, name: state.organizations.expect(guid).name })),
        }
      : {}),
  });
  const change = (append: boolean) => (call: Call) => {
    const row = find(call);
    const { type, organizations = [] } = parseBody(visibilitySchema, call.text);
    const wanted = { type, organizations: organizations.map(({ guid }) => guid) };
    const changed = cloud.transact((after) => changeVisibility(after, row, wanted, append));
    return ok(presentVisibility(changed, call));
  };
  return [
    plan.list,
    plan.read(),
    get('/v3/service_plans/:guid/visibility', 'marketplace:read', (call) => ok(presentVisibility(find(call), call))),
    patch('/v3/service_plans/:guid/visibility', 'marketplace:write', change(false)),
    post('/v3/service_plans/:guid/visibility', 'marketplace:write', change(true)),
    del('/v3/service_plans/:guid/visibility/:organization', 'marketplace:write', (call) => {
      const row = find(call);
      cloud.transact((after) => hideFromOrganization(after, row, guidOf(call, 'organization')));
      return noContent;
    }),
  ];
};
