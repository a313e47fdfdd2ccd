import type { Cloud } from '../cloud/cloud';
import { notFound } from '../cloud/errors';
import type { ServiceBroker } from '../cloud/records';
import { list } from './collection';
import { get, ok, type Call, type Endpoint } from './endpoint';
import { links, presentRow } from './present';

const presentBroker = (broker: ServiceBroker, { base }: Pick<Call, 'base'>) => ({
  ...presentRow(broker),
  name: broker.name,
  // It is a part of the foundation: nothing is asked over the network.
  url: base,
  relationships: {},
  metadata: broker.metadata,
  links: links(base, {
    self: `/v3/service_brokers/${broker.guid}`,
    service_offerings: `/v3/service_offerings?service_broker_guids=${broker.guid}`,
  }),
});

/** Only who sees everything sees a broker that isn't a space's own. */
export const serviceBrokers = ({ state }: Cloud): readonly Endpoint[] => [
  list({
    path: '/v3/service_brokers',
    needs: 'broker:read',
    rows: ({ access }) => (access.everywhere('broker:read') ? [...state.serviceBrokers] : []),
    filters: { names: (row) => row.name, space_guids: () => undefined },
    order: { name: (row) => row.name },
    present: presentBroker,
  }),
  get('/v3/service_brokers/:guid', 'broker:read', (call) => {
    const broker = state.serviceBrokers.get(call.params['guid']);
    if (!broker || !call.access.everywhere('broker:read')) {
      throw notFound('Service broker');
    }
    return ok(presentBroker(broker, call));
  }),
];
