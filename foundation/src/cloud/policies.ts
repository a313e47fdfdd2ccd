/**
 * Network policies, without which no application can connect to another.
 *
 * @see https://github.com/cloudfoundry/cf-networking-release/blob/develop/docs/08-policy-server-api.md
 */
import type { Access } from './permissions';
import type { Policy } from './records';
import type { State } from './state';
import { MOST_POLICIES } from '../limits';

/** The policy server's errors have another format than the Cloud Controller's. */
export class PolicyError extends Error {
  public override readonly name = 'PolicyError';

  public constructor(
    public readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

const invalid = (message: string): PolicyError => new PolicyError(400, `mapper: ${message}`);

interface Body {
  readonly policies?: unknown;
}

interface End {
  readonly id?: unknown;
  readonly tag?: unknown;
  readonly protocol?: unknown;
  readonly ports?: { readonly start?: unknown; readonly end?: unknown };
}

const requirePort = (port: unknown, side: string): number => {
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65535) {
    throw invalid(`validate policies: invalid ${side} port ${String(port)}, must be in range 1-65535`);
  }
  return port;
};

type Edge = Pick<Policy, 'sourceAppGuid' | 'destinationAppGuid' | 'protocol' | 'startPort' | 'endPort'>;

const parsePolicy = (policy: { source?: End; destination?: End }): Edge => {
  const { source = {}, destination = {} } = policy;
  const { id: sourceAppGuid } = source;
  const { id: destinationAppGuid, protocol, ports } = destination;
  if (typeof sourceAppGuid !== 'string' || sourceAppGuid === '') throw invalid('validate policies: missing source id');
  if (typeof destinationAppGuid !== 'string' || destinationAppGuid === '') {
    throw invalid('validate policies: missing destination id');
  }
  if (protocol !== 'tcp' && protocol !== 'udp') {
    throw invalid('validate policies: invalid destination protocol, specify either udp or tcp');
  }
  if (!ports?.start) throw invalid('validate policies: missing start port');
  const startPort = requirePort(ports.start, 'start');
  const endPort = requirePort(ports.end, 'end');
  if (startPort > endPort) {
    throw invalid(
      `validate policies: invalid port range ${startPort}-${endPort}, start must be less than or equal to end`,
    );
  }
  if (source.tag !== undefined || destination.tag !== undefined) {
    throw invalid('validate policies: tags may not be specified');
  }
  return { sourceAppGuid, destinationAppGuid, protocol, startPort, endPort };
};

export const parsePolicies = (body: unknown): readonly Edge[] => {
  const policies = (body as Body | null | undefined)?.policies;
  if (!Array.isArray(policies) || policies.length === 0) throw invalid('validate policies: missing policies');
  return policies.map((policy) => parsePolicy((policy ?? {}) as { source?: End; destination?: End }));
};

const isNetworkAdmin = (access: Access): boolean => access.actor.scopes.includes('network.admin');

const canWrite = (state: State, access: Access, appGuid: string): boolean => {
  const app = state.apps.get(appGuid);
  return app !== undefined && (isNetworkAdmin(access) || access.inSpace('policy:write', app.spaceGuid));
};

/** Requires the actor to be able to write policies in the spaces of both ends. */
const requireBothEnds = (state: State, access: Access, edges: readonly Edge[]): void => {
  const ends = new Set(edges.flatMap((edge) => [edge.sourceAppGuid, edge.destinationAppGuid]));
  if (![...ends].every((guid) => canWrite(state, access, guid))) {
    throw new PolicyError(403, 'one or more applications cannot be found or accessed');
  }
};

const same = (a: Edge, b: Edge): boolean =>
  a.sourceAppGuid === b.sourceAppGuid &&
  a.destinationAppGuid === b.destinationAppGuid &&
  a.protocol === b.protocol &&
  a.startPort === b.startPort &&
  a.endPort === b.endPort;

/** Existing policies stay as they are. */
export const createPolicies = (state: State, access: Access, edges: readonly Edge[]): void => {
  requireBothEnds(state, access, edges);
  for (const edge of edges) {
    if (!state.policies.find((policy) => same(policy, edge))) state.policies.put({ ...state.stamp(), ...edge });
  }
  for (const source of new Set(edges.map((edge) => edge.sourceAppGuid))) {
    const count = state.policies.where((policy) => policy.sourceAppGuid === source).length;
    if (!isNetworkAdmin(access) && count > MOST_POLICIES) throw new PolicyError(403, 'policy quota exceeded');
  }
};

/** Ignores policies that don't exist. */
export const deletePolicies = (state: State, access: Access, edges: readonly Edge[]): void => {
  const known = edges.filter((edge) => state.policies.find((policy) => same(policy, edge)));
  requireBothEnds(state, access, known);
  for (const policy of state.policies.where((candidate) => known.some((edge) => same(candidate, edge)))) {
    state.policies.delete(policy.guid);
  }
};

/** Lists policies with an end in `ids`, or all without `ids`, if the actor may see both ends. */
export const listPolicies = (state: State, access: Access, ids: readonly string[] | undefined): Policy[] =>
  state.policies.where(
    (policy) =>
      (!ids || ids.includes(policy.sourceAppGuid) || ids.includes(policy.destinationAppGuid)) &&
      canWrite(state, access, policy.sourceAppGuid) &&
      canWrite(state, access, policy.destinationAppGuid),
  );

/** Deletes the policies of a deleted application. */
export const deletePoliciesOf = (state: State, appGuid: string): void => {
  for (const policy of state.policies.where(
    (candidate) => candidate.sourceAppGuid === appGuid || candidate.destinationAppGuid === appGuid,
  )) {
    state.policies.delete(policy.guid);
  }
};
