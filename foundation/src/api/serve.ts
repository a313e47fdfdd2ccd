import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import type { Cell } from '../cell/cell';
import { prepareAccounts } from '../cloud/accounts';
import type { BrokerAddress, OwnBroker } from '../cloud/broker';
import { type Clock, systemClock } from '../cloud/clock';
import { Cloud } from '../cloud/cloud';
import { ensureCredentials, type Credentials } from '../cloud/credentials-file';
import { setSecurityGroupMode } from '../cloud/network';
import { sharedDomains } from '../cloud/domains';
import { registerOwnBroker } from '../cloud/marketplace';
import { seed } from '../cloud/seed';
import { ensureTokenKey, Tokens } from '../cloud/tokens';
import { Exchange } from '../osb/exchange';
import { OsbBroker } from '../osb/osb-broker';
import { Reach } from '../osb/reach';
import type { Settings } from '../settings';
import type { Store } from '../store/store';
import { createServer } from './server';

const ORGANIZATION = 'egress-demo';
const INTERNAL_DOMAIN = 'apps.internal';

export interface ServeOptions {
  readonly settings: Pick<Settings, 'ports' | 'dataDir' | 'appsDomain' | 'securityGroups' | 'requestTimeout'>;
  readonly store: Store;
  readonly cell: Cell;
  readonly broker: OwnBroker;
  /** Names that lead to the simulated internet. @default - none */
  readonly isSimulated?: (name: string) => boolean;
  readonly host: string;
  readonly clock?: Clock;
  readonly onFailure: (error: unknown) => void;
}

export interface Service {
  readonly url: string;
  readonly cloud: Cloud;
  readonly credentials: Credentials;
  close(): Promise<void>;
}

/** A foundation that answers: accounts and seed are there, what ran before has been taken over. */
export const serve = async (options: ServeOptions): Promise<Service> => {
  const { settings, store, cell, broker, host, clock = systemClock, onFailure } = options;
  const { dataDir, appsDomain, ports } = settings;
  const api = `http://127.0.0.1:${ports.api}`;
  const credentials = ensureCredentials(join(dataDir, 'credentials.json'));
  const reach = new Reach({
    routeDomains: () => sharedDomains(cloud.state),
    routerPort: ports.router,
    isSimulated: options.isSimulated ?? (() => false),
  });
  const exchange = new Exchange({ reach, clock });
  const connect = (address: BrokerAddress): OsbBroker => new OsbBroker(address, exchange, clock);
  const cloud: Cloud = new Cloud({ store, cell, broker, connect, clock, dataDir, api, onFailure });
  const bringAccounts = await prepareAccounts(cloud.state, credentials);
  cloud.transact((state) => {
    ensureTokenKey(state);
    setSecurityGroupMode(state, settings.securityGroups ?? 'dynamic');
    bringAccounts(state);
    registerOwnBroker(state, broker);
    seed(state, {
      organization: ORGANIZATION,
      appsDomain,
      internalDomain: INTERNAL_DOMAIN,
      managers: [credentials.deployer.username, 'deployer-client'],
    });
  });
  await cloud.start();
  const tokens = new Tokens(cloud.state, `${api}/uaa/oauth/token`);
  const server = createServer({ cloud, tokens, onFailure, requestTimeout: settings.requestTimeout });
  await server.listen({ host, port: ports.api });
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    cloud,
    credentials,
    close: async () => {
      await server.close();
      await cloud.close();
      await exchange.close();
    },
  };
};
