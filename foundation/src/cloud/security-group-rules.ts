/**
 * The syntax of security group rules, as the Cloud Controller checks it.
 *
 * @see https://docs.cloudfoundry.org/concepts/asg.html
 */
import type { SecurityGroupRule } from '../cell/cell';
import { isAddress, toNumber } from '../ipv4';
import { unprocessable } from './errors';

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

/** `[null]` means no rules, since the provider sends it for an empty list. */
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
