import type { Cloud } from '../cloud/cloud';
import { removeOffering } from '../cloud/service-offerings';
import { isPlanVisible, organizationsOffered, plansOf, spacesOffered } from '../cloud/marketplace';
import type { Access } from '../cloud/permissions';
import type { ServiceOffering } from '../cloud/records';
import type { State } from '../cloud/state';
import { fieldParameters, list, withIncluded, type Collection } from './collection';
import { del, get, noContent, ok, type Call, type Endpoint } from './endpoint';
import { found, referred } from './lookup';
import { links, presentRow } from './present';

const documentationUrl = ({ extra }: ServiceOffering): string | null => {
  const { documentationUrl: url } = (extra ?? {}) as { readonly documentationUrl?: unknown };
  return typeof url === 'string' ? url : null;
};

export const presentOffering = (state: State, offering: ServiceOffering, { base }: Pick<Call, 'base'>) => ({
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
const isVisible = (state: State, access: Access, offering: ServiceOffering): boolean =>
  state.servicePlans.find((plan) => plan.offeringGuid === offering.guid && isPlanVisible(access, plan)) !== undefined;

const collectionOf = (state: State): Collection<ServiceOffering> => ({
  path: '/v3/service_offerings',
  needs: 'marketplace:read',
  rows: ({ access }) => state.serviceOfferings.where((offering) => isVisible(state, access, offering)),
  filters: {
    guids: (row) => row.guid,
    names: (row) => row.name,
    available: (row) => String(row.retired !== true),
    service_broker_guids: (row) => row.brokerGuid,
    service_broker_names: (row) => state.serviceBrokers.expect(row.brokerGuid).name,
    space_guids: (row) => spacesOffered(state, plansOf(state, row)).map(({ guid }) => guid),
    organization_guids: (row) => organizationsOffered(state, plansOf(state, row)).map(({ guid }) => guid),
  },
  order: { name: (row) => row.name },
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
  const collection = collectionOf(state);
  const find = (call: Call): ServiceOffering =>
    found(state.serviceOfferings.get(call.params['guid']), 'Service offering', (offering) =>
      isVisible(state, call.access, offering),
    );
  return [
    list(collection),
    get('/v3/service_offerings/:guid', 'marketplace:read', (call) => ok(withIncluded(find(call), call, collection)), {
      query: fieldParameters(collection.fields),
    }),
    del(
      '/v3/service_offerings/:guid',
      'marketplace:write',
      (call) => {
        const offering = find(call);
        call.access.require(call.needs);
        cloud.transact((after) => removeOffering(after, offering, call.query['purge'] === 'true'));
        return noContent;
      },
      { query: ['purge'] },
    ),
  ];
};
