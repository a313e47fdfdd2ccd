import type { NetworkState, SecurityGroupRule, Cell } from '../cell/cell';
import type { Kind, SecurityGroup } from './records';
import { hostnameOf, presentedPort } from './routes';
import type { SecurityGroupMode } from '../settings';
import type { State } from './state';
import type { Phase } from './security-groups';
import type { Clock } from './clock';

/** The kinds of rows that the network depends on. */
export const NETWORK_KINDS: readonly Kind[] = [
  'spaces',
  'securityGroups',
  'policies',
  'routes',
  'routeBindings',
  'domains',
  'apps',
  'droplets',
];

const rulesOf = (groups: readonly SecurityGroup[], spaceGuid: string, phase: Phase): SecurityGroupRule[] => {
  const bound = { running: 'runningSpaces', staging: 'stagingSpaces' } as const;
  return groups
    .filter((group) => group.globallyEnabled[phase] || group[bound[phase]].includes(spaceGuid))
    .flatMap((group) => group.rules);
};

const MODE = 'security-group-mode';

/** Stores the mode, since whatever starts an application needs it. */
export const setSecurityGroupMode = (state: State, mode: SecurityGroupMode): void => {
  if (state.facts.get(MODE)?.value !== mode) state.facts.put({ ...state.stamp(), guid: MODE, value: mode });
};

/**
 * The rules that a container keeps from its start: none, except on a foundation where changes of security groups take
 * effect on restart only.
 *
 * @see https://docs.cloudfoundry.org/concepts/asg.html#creating-groups
 */
export const keptEgress = (state: State, spaceGuid: string): { readonly egress?: readonly SecurityGroupRule[] } =>
  state.facts.get(MODE)?.value === 'restart'
    ? { egress: rulesOf([...state.securityGroups], spaceGuid, 'running') }
    : {};

/** The desired network, without its revision. */
export const desiredNetwork = (state: State): Omit<NetworkState, 'revision'> => {
  const groups = [...state.securityGroups];
  const services = new Map([...state.routeBindings].map((binding) => [binding.routeGuid, binding.routeServiceUrl]));
  return {
    spaces: Object.fromEntries(
      [...state.spaces].map(({ guid }) => [
        guid,
        { running: rulesOf(groups, guid, 'running'), staging: rulesOf(groups, guid, 'staging') },
      ]),
    ),
    policies: [...state.policies].map(({ sourceAppGuid, destinationAppGuid, protocol, startPort, endPort }) => ({
      sourceAppGuid,
      destinationAppGuid,
      protocol,
      startPort,
      endPort,
    })),
    routes: [...state.routes].map((route) => {
      const domain = state.domains.expect(route.domainGuid);
      const routeService = services.get(route.guid);
      return {
        hostname: hostnameOf(route, domain),
        path: route.path,
        internal: domain.internal,
        ...(routeService === undefined ? {} : { routeService }),
        destinations: route.destinations.map((destination) => ({
          appGuid: destination.appGuid,
          processType: destination.processType,
          port: presentedPort(state, destination),
        })),
      };
    }),
  };
};

const RETRY = 1000;

/** Applies the newest state of the network to the cell, one at a time, skipping states that are out of date. */
export class NetworkPublisher {
  private wanted: NetworkState;
  private running: Promise<void> | undefined;
  private cancelRetry: (() => void) | undefined;

  public constructor(
    private readonly cell: Cell,
    private readonly clock: Clock,
    private readonly onFailure: (error: unknown) => void,
    initial: NetworkState,
  ) {
    this.wanted = initial;
  }

  public get desired(): NetworkState {
    return this.wanted;
  }

  public publish(state: NetworkState): void {
    this.wanted = state;
    this.running ??= this.run();
  }

  /** Resolves when the cell has applied the state that is desired now, or failed to. */
  public async settled(): Promise<void> {
    await this.running;
  }

  public close(): void {
    this.cancelRetry?.();
  }

  private async run(): Promise<void> {
    this.cancelRetry?.();
    // Waits until the caller has set `running`, which is cleared at the end.
    await Promise.resolve();
    try {
      while (this.cell.appliedRevision < this.wanted.revision) await this.cell.applyNetwork(this.wanted);
    } catch (error) {
      this.onFailure(error);
      this.cancelRetry = this.clock.after(RETRY, () => this.publish(this.wanted));
    } finally {
      this.running = undefined;
    }
  }
}
