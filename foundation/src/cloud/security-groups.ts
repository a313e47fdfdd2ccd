import type { SecurityGroupRule } from '../cell/cell';
import { isAddress, toNumber } from '../ipv4';
import { unprocessable, notAuthorized } from './errors';
import type { Access } from './permissions';
import type { SecurityGroup } from './records';
import type { State } from './state';

const FIELDS = ['protocol', 'destination', 'ports', 'type', 'code', 'log', 'description'];
const PROTOCOLS = ['tcp', 'udp', 'icmp', 'icmpv6', 'all'];
const MAX_DESTINATIONS = 6000;
const INVALID_DESTINATION =
  'destination must be a valid CIDR, IP address, or IP address range and may not contain whitespace';

const isDestination = (text: string): boolean => {
  const [first = '', second, ...rest] = text.split('-');
  if (rest.length > 0) return false;
  if (second !== undefined) return isAddress(first) && isAddress(second) && toNumber(first) <= toNumber(second);
  const [address = '', prefix, ...more] = text.split('/');
  return (
    isAddress(address) && more.length === 0 && (prefix === undefined || (/^\d{1,2}$/.test(prefix) && +prefix <= 32))
  );
};

const isPort = (text: string): boolean => /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 65535;

const arePorts = (text: string): boolean => {
  const trimmed = text.replace(/\s/g, '');
  const [first = '', second, ...rest] = trimmed.split('-');
  if (second !== undefined) {
    return rest.length === 0 && isPort(first) && isPort(second) && Number(first) < Number(second);
  }
  return trimmed.split(',').every(isPort);
};

const isIcmpNumber = (value: unknown): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= -1 && value <= 255;

function* problemsOf(rule: Readonly<Record<string, unknown>>): Iterable<string> {
  const unknown = Object.keys(rule).filter((field) => !FIELDS.includes(field));
  if (unknown.length > 0) yield `unknown field(s): [${unknown.map((field) => `"${field}"`).join(', ')}]`;
  const { protocol, destination, ports, type, code, log, description } = rule;
  const name = typeof protocol === 'string' ? protocol.toLowerCase() : '';
  if (!PROTOCOLS.includes(name)) yield `protocol must be 'tcp', 'udp', 'icmp', 'icmpv6' or 'all'`;
  if (typeof destination !== 'string') {
    yield 'destination must be a string';
  } else {
    const parts = destination.split(',');
    if (parts.length > MAX_DESTINATIONS) {
      yield `maximum destinations per rule exceeded - must be under ${MAX_DESTINATIONS}`;
    } else if (!parts.every(isDestination)) {
      yield INVALID_DESTINATION;
    }
  }
  if (name === 'tcp' || name === 'udp') {
    if (ports === undefined) yield 'ports are required for protocols of type TCP and UDP';
    if (typeof ports !== 'string' || !arePorts(ports)) {
      yield 'ports must be a valid single port, comma separated list of ports, or range or ports, formatted as a string';
    }
  } else if (ports !== undefined) {
    yield `ports are not allowed for protocols of type ${name}`;
  }
  if (name === 'icmp' || name === 'icmpv6') {
    for (const [field, value] of Object.entries({ type, code })) {
      if (value === undefined) yield `${field} is required for protocols of type ICMP`;
      else if (!isIcmpNumber(value)) yield `${field} must be an integer between -1 and 255 (inclusive)`;
    }
  }
  if (log !== undefined && typeof log !== 'boolean') yield 'log must be a boolean';
  if (description !== undefined && typeof description !== 'string') yield 'description must be a string';
}

/**
 * Checks the rules as the Cloud Controller does. `[null]` means no rules, since the provider sends it for an empty list.
 *
 * @see https://docs.cloudfoundry.org/concepts/asg.html
 */
export const parseRules = (rules: readonly unknown[]): readonly SecurityGroupRule[] => {
  const given = rules.filter((rule) => rule !== null);
  const problems = given.flatMap((rule, index) =>
    typeof rule === 'object'
      ? [...problemsOf(rule as Record<string, unknown>)].map((problem) => `Rules[${index}]: ${problem}`)
      : [`Rules[${index}]: must be an object`],
  );
  if (problems.length > 0) throw unprocessable(problems.join(', '));
  return given as unknown as readonly SecurityGroupRule[];
};

/** A space has one set of groups for running applications, and one for staging. */
export type Phase = 'running' | 'staging';

const SPACES = { running: 'runningSpaces', staging: 'stagingSpaces' } as const;

interface SecurityGroupCommand {
  readonly name?: string;
  readonly rules?: readonly unknown[];
  readonly globallyEnabled?: { readonly running?: boolean; readonly staging?: boolean };
  readonly runningSpaces?: readonly string[];
  readonly stagingSpaces?: readonly string[];
}

const requireSpaces = (state: State, access: Access, guids: readonly string[]): void => {
  const hidden = guids.filter((guid) => !state.spaces.get(guid) || !access.inSpace('space:read', guid));
  if (hidden.length > 0) {
    throw unprocessable(`Spaces with guids ${JSON.stringify(hidden)} do not exist, or you do not have access to them.`);
  }
};

const requireFreeName = (state: State, name: string, except?: string): void => {
  if (state.securityGroups.find((other) => other.name === name && other.guid !== except)) {
    throw unprocessable(`Security group with name '${name}' already exists.`);
  }
};

/**
 * Everyone sees a group that is globally enabled; others are visible to those who can read a space they are bound to.
 *
 * @see https://v3-apidocs.cloudfoundry.org/#security-groups
 */
export const canReadSecurityGroup = (access: Access, group: SecurityGroup): boolean =>
  access.everywhere('security-group:read') ||
  group.globallyEnabled.running ||
  group.globallyEnabled.staging ||
  [...group.runningSpaces, ...group.stagingSpaces].some((guid) => access.inSpace('space:read', guid));

export const createSecurityGroup = (
  state: State,
  command: SecurityGroupCommand & { readonly name: string },
  access: Access,
): SecurityGroup => {
  requireFreeName(state, command.name);
  const { runningSpaces = [], stagingSpaces = [] } = command;
  requireSpaces(state, access, [...runningSpaces, ...stagingSpaces]);
  return state.securityGroups.put({
    ...state.stamp(),
    name: command.name,
    rules: parseRules(command.rules ?? []),
    globallyEnabled: {
      running: command.globallyEnabled?.running ?? false,
      staging: command.globallyEnabled?.staging ?? false,
    },
    runningSpaces,
    stagingSpaces,
  });
};

export const updateSecurityGroup = (
  state: State,
  group: SecurityGroup,
  command: SecurityGroupCommand,
): SecurityGroup => {
  const name = command.name ?? group.name;
  requireFreeName(state, name, group.guid);
  return state.securityGroups.put({
    ...group,
    updatedAt: state.now(),
    name,
    rules: command.rules ? parseRules(command.rules) : group.rules,
    globallyEnabled: { ...group.globallyEnabled, ...command.globallyEnabled },
  });
};

/** Managers of a space may bind groups, developers may not. */
export const bindSpaces = (
  state: State,
  access: Access,
  group: SecurityGroup,
  phase: Phase,
  guids: readonly string[],
): SecurityGroup => {
  requireSpaces(state, access, guids);
  if (!guids.every((guid) => access.inSpace('security-group:bind', guid))) throw notAuthorized();
  const bound = [...new Set([...group[SPACES[phase]], ...guids])];
  return state.securityGroups.put({ ...group, updatedAt: state.now(), [SPACES[phase]]: bound });
};

export const unbindSpace = (state: State, access: Access, group: SecurityGroup, phase: Phase, guid: string): void => {
  const bound = group[SPACES[phase]];
  if (!bound.includes(guid) || !access.inSpace('space:read', guid)) {
    throw unprocessable(
      `Unable to unbind security group from space with guid '${guid}'. ` +
        'Ensure the space is bound to this security group.',
    );
  }
  if (!access.inSpace('security-group:bind', guid)) throw notAuthorized();
  state.securityGroups.put({
    ...group,
    updatedAt: state.now(),
    [SPACES[phase]]: bound.filter((other) => other !== guid),
  });
};
