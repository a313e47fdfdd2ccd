import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import type { Cell } from '../cell/cell';
import { prepareAccounts } from '../cloud/accounts';
import type { BrokerAddress, OwnBroker } from '../cloud/broker';
import { type Clock, systemClock } from '../cloud/clock';
import { Cloud } from '../cloud/cloud';
import { ensureCredentials, type Credentials } from '../cloud/credentials';
import { setSecurityGroupMode } from '../cloud/network';
import { sharedDomains } from '../cloud/domains';
import { registerOwnBroker } from '../cloud/marketplace';
import { seed } from '../cloud/seed';
import { enter } from '../cloud/ssh-access';
import { ensureTokenKey, Tokens } from '../cloud/tokens';
import { Exchange } from '../osb/exchange';
import { OsbBroker } from '../osb/osb-broker';
import { Reach } from '../osb/reach';
import type { Settings } from '../settings';
import type { Store } from '../store/store';
import { ensureHostKey, fingerprintOf, hostKey, SshServer } from '../ssh/ssh-server';
import { createServer } from './server';

const ORGANIZATION = 'egress-demo';
const INTERNAL_DOMAIN = 'apps.internal';

export interface ServeOptions {
  readonly settings: Pick<Settings, 'ports' | 'dataDir' | 'appsDomain' | 'securityGroups' | 'requestTimeout'>;
  readonly store: Store;
  readonly cell: Cell;
  readonly broker: OwnBroker;
  /**
   * Whether a host name belongs to the simulated internet.
   *
   * @default - no name does
   */
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

interface SshOptions extends Pick<ServeOptions, 'host' | 'onFailure'> {
  readonly cloud: Cloud;
  readonly port: number;
}

const listenForSsh = ({ cloud, ...options }: SshOptions): Promise<SshServer> =>
  SshServer.listen({
    ...options,
    hostKey: hostKey(cloud.state),
    cell: cloud.cell,
    enter: (user, password) => {
      const instance = enter(cloud, user, password);
      return instance && { instanceGuid: instance.guid, appGuid: instance.spec.appGuid, index: instance.spec.index };
    },
  });

/** Starts a foundation: creates its accounts and seed, takes over what ran before, and listens. */
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
    ensureHostKey(state);
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
  const ssh = ports.ssh === undefined ? undefined : await listenForSsh({ cloud, host, port: ports.ssh, onFailure });
  const server = createServer({
    cloud,
    tokens,
    ssh: ssh && { port: ssh.port, fingerprint: fingerprintOf(hostKey(cloud.state)) },
    onFailure,
    requestTimeout: settings.requestTimeout,
  });
  await server.listen({ host, port: ports.api });
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    cloud,
    credentials,
    close: async () => {
      await Promise.all([server.close(), ssh?.close()]);
      await cloud.close();
      await exchange.close();
    },
  };
};
