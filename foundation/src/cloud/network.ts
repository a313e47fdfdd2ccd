import type { NetworkState, SecurityGroupRule } from '../cell/cell';
import type { Kind, SecurityGroup } from './records';
import { hostnameOf, presentedPort } from './routes';
import type { SecurityGroupMode } from '../settings';
import type { State } from './state';
import type { Phase } from './security-groups';

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
