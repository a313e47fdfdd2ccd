import { type AddressRange, overlaps, parseCidr, toAddress, toNumber } from '../ipv4';
import type { AddressPlan, Lease } from './addresses';
import type { NetworkState, PolicyRule, SecurityGroupRule } from './cell';

/** A set of IPv4 addresses, as sorted ranges that neither touch nor overlap, so equal sets have equal ranges. */
export class AddressSet {
  private constructor(public readonly ranges: readonly AddressRange[]) {}

  public static of(ranges: Iterable<AddressRange>): AddressSet {
    const merged: AddressRange[] = [];
    for (const range of [...ranges].sort((a, b) => a.first - b.first)) {
      const previous = merged.at(-1);
      if (previous && range.first <= previous.last + 1) {
        merged[merged.length - 1] = { first: previous.first, last: Math.max(previous.last, range.last) };
      } else {
        merged.push(range);
      }
    }
    return new AddressSet(merged);
  }

  public static ofAddresses(addresses: Iterable<string>): AddressSet {
    return AddressSet.of([...addresses].map((address) => parseCidr(address)));
  }

  /** Parses a security group's destination: an address, CIDR, or `A-B`, or a comma-separated list of these. */
  public static parse(destination: string): AddressSet {
    return AddressSet.of(destination.split(',').map(parseRange));
  }

  public has(address: string): boolean {
    const value = toNumber(address);
    return this.ranges.some((range) => overlaps(range, { first: value, last: value }));
  }

  public union(other: AddressSet): AddressSet {
    return AddressSet.of([...this.ranges, ...other.ranges]);
  }

  /** The ranges in the syntax of nftables. */
  public get texts(): readonly string[] {
    return this.ranges.map(printRange);
  }
}

function parseRange(text: string): AddressRange {
  const [from = '', to, ...rest] = text.split('-');
  if (to === undefined) return parseCidr(from);
  const range = { first: toNumber(from), last: toNumber(to) };
  if (rest.length > 0 || range.first > range.last) {
    throw new Error(
      `not a range of addresses: ${JSON.stringify(text)}; put the lower address first, as in 10.1.0.1-10.1.0.9`,
    );
  }
  return range;
}

function printRange({ first, last }: AddressRange): string {
  return first === last ? toAddress(first) : `${toAddress(first)}-${toAddress(last)}`;
}

/** What rules need to know about a network namespace. */
export interface Namespace {
  readonly appGuid: string;
  readonly spaceGuid: string;
  /** Staging has its own security groups, and nothing connects to it. */
  readonly purpose: 'running' | 'staging';
  readonly lease: Lease;
  /** The ports that the router and health checks connect to. */
  readonly ports: readonly number[];
  /**
   * Fixed security group rules.
   *
   * @default - the current rules of the space
   */
  readonly egress?: readonly SecurityGroupRule[];
}

export interface RuleSet {
  /** Input for `nft -f`, which replaces the table in one transaction. */
  readonly text: string;
  /** The addresses of other instances that the rules admit. */
  readonly names: ReadonlySet<string>;
}

/** The port of the router at its address on the internet. */
export const ROUTER_PORT = 80;

/** Refuses at once with ECONNREFUSED, as on the platform, instead of a timeout. */
const REFUSE = 'goto refuse';

/**
 * One rule for each combination of the parts, without nftables sets: while a table is replaced, there is a moment when
 * a new rule is in force, but its set matches nothing yet. Allowed connections are then refused, and fenced ones
 * admitted (Linux 6.18, busy machine: 133 of 585,171 connections during 2,318 changes, and 69 of 800,147 during 1,526;
 * none of either without sets).
 */
const combine = (...parts: readonly (readonly string[])[]): readonly string[] =>
  parts.reduce((rules, part) => rules.flatMap((rule) => part.map((more) => [rule, more].filter(Boolean).join(' '))));

const from = (addresses: AddressSet): string[] => addresses.texts.map((text) => `ip saddr ${text}`);
const to = (addresses: AddressSet): string[] => addresses.texts.map((text) => `ip daddr ${text}`);

/**
 * The platform refuses with ICMP, from outside of the container. Here, the answer arrives while the connecting socket
 * is still locked, and Linux drops ICMP errors for locked sockets, so the connection would wait a second for its next
 * SYN. A TCP reset waits in the socket's backlog instead.
 */
const REFUSAL = [
  '  chain refuse {',
  '    meta l4proto tcp reject with tcp reset',
  '    reject with icmpx port-unreachable',
  '  }',
];
/** Docker's resolver, which answers other containers' names and bypasses all rules. */
const DOCKER_DNS = '127.0.0.11';
/** On the platform, multicast and broadcast never leave the instance's link; here, all instances share one. */
const LINK_ONLY = AddressSet.parse('224.0.0.0/4,255.255.255.255');

/**
 * The rules of one namespace, which admit only what its application's policies and its space's security groups allow.
 *
 * @see https://docs.cloudfoundry.org/concepts/asg.html
 * @see https://docs.cloudfoundry.org/concepts/understand-cf-networking.html
 */
export function renderRules(
  self: Namespace,
  all: readonly Namespace[],
  network: NetworkState,
  plan: AddressPlan,
): RuleSet {
  const addressesOf = (appGuid: string): string[] =>
    all
      .filter((other) => other.purpose === 'running' && other.appGuid === appGuid && other !== self)
      .map((other) => other.lease.overlay);
  const policies = self.purpose === 'running' ? network.policies : [];
  const outgoing = policies
    .filter((policy) => policy.sourceAppGuid === self.appGuid)
    .map((policy) => ({ policy, peers: addressesOf(policy.destinationAppGuid) }));
  const incoming = policies
    .filter((policy) => policy.destinationAppGuid === self.appGuid)
    .map((policy) => ({ policy, peers: addressesOf(policy.sourceAppGuid) }));
  const groups = self.egress ?? network.spaces[self.spaceGuid]?.[self.purpose] ?? [];

  const text = table(
    [
      ...output(plan, [self.lease.overlay, self.lease.internet]),
      ...outgoing.flatMap(({ policy, peers }) => policyAccept(to, peers, policy)),
      ...fenced(plan),
      ...groups.flatMap(groupAccept),
    ],
    [
      ...INPUT,
      ...(self.purpose === 'running' ? [...new Set(self.ports)] : []).map(
        (port) => `ip saddr ${plan.foundation} tcp dport ${port} accept`,
      ),
      ...incoming.flatMap(({ policy, peers }) => policyAccept(from, peers, policy)),
    ],
  );
  return { text, names: new Set([...outgoing, ...incoming].flatMap(({ peers }) => peers)) };
}

/** The rules of a new namespace until it has its own. */
export function closedRules(): string {
  return table([...LOOPBACK_OUTPUT, 'ct state established,related accept'], INPUT);
}

const LOOPBACK_OUTPUT = [`oifname "lo" ip daddr ${DOCKER_DNS} ${REFUSE}`, 'oifname "lo" accept'];

const INPUT = ['iifname "lo" accept', 'ct state established,related accept'];

function output({ foundation }: AddressPlan, own: readonly string[]): string[] {
  return [
    ...LOOPBACK_OUTPUT,
    // This includes refusals by the input chain, which a peer waits for.
    'ct state established,related accept',
    `meta nfproto ipv6 ${REFUSE}`,
    `${own.map((address) => `ip saddr != ${address}`).join(' ')} ${REFUSE}`,
    ...['tcp', 'udp'].map((protocol) => `ip daddr ${foundation} ${protocol} dport 53 accept`),
  ];
}

/**
 * Destinations that no security group can open. The overlay contains the foundation and its gateway; the first and last
 * address of a network reach everything in it.
 */
function fenced({ overlay, internet, foundation, router, standIns }: AddressPlan): string[] {
  const everybody = [internet.all.first, internet.all.last].map(toAddress);
  const fence = AddressSet.of([overlay.all, internet.instances])
    .union(AddressSet.ofAddresses([foundation, overlay.gateway, internet.gateway, ...everybody, ...standIns]))
    .union(LINK_ONLY);
  return [
    ...combine(to(fence), [REFUSE]),
    // Other ports at this address would lead to the foundation.
    `ip daddr ${router} meta l4proto != tcp ${REFUSE}`,
    `ip daddr ${router} tcp dport != ${ROUTER_PORT} ${REFUSE}`,
  ];
}

function policyAccept(side: typeof from, peers: readonly string[], policy: PolicyRule): readonly string[] {
  const { protocol, startPort, endPort } = policy;
  const ports = startPort === endPort ? startPort : `${startPort}-${endPort}`;
  return combine(side(AddressSet.ofAddresses(peers)), [`${protocol} dport ${ports} accept`]);
}

/** Without IPv6, a rule for ICMPv6 has no effect. */
function groupAccept(rule: SecurityGroupRule): readonly string[] {
  if (rule.protocol === 'icmpv6') return [];
  return combine(to(AddressSet.parse(rule.destination)), MATCHES[rule.protocol](rule), ['accept']);
}

const MATCHES: Readonly<
  Record<Exclude<SecurityGroupRule['protocol'], 'icmpv6'>, (rule: SecurityGroupRule) => readonly string[]>
> = {
  all: () => [''],
  tcp: ({ ports }) => portsOf(ports).map((port) => `tcp dport ${port}`),
  udp: ({ ports }) => portsOf(ports).map((port) => `udp dport ${port}`),
  icmp: ({ type, code }) => [`ip protocol icmp${icmpField('type', type)}${icmpField('code', code)}`],
};

/** -1 means any, as on the platform. */
function icmpField(field: 'type' | 'code', value = -1): string {
  return value === -1 ? '' : ` icmp ${field} ${value}`;
}

/** One range or a list of ports, as the API accepts. */
const PORTS = /^\d{1,5}(-\d{1,5}|(,\d{1,5})*)$/;

function portsOf(ports = ''): readonly string[] {
  if (!PORTS.test(ports)) {
    throw new Error(`not a list of ports: ${JSON.stringify(ports)}; write it like 443, 80,443, or 8080-8090`);
  }
  return [...new Set(ports.split(','))];
}

/** Creates, deletes, and creates the table again, to replace it atomically whether or not it exists. */
function table(outputRules: readonly string[], inputRules: readonly string[]): string {
  return [
    'table inet cell',
    'delete table inet cell',
    'table inet cell {',
    ...REFUSAL,
    ...chain('output', BEFORE_TRANSLATION, outputRules),
    ...chain('input', 'filter', inputRules),
    '}',
    '',
  ].join('\n');
}

/** Before address translation, since rules are about the address that the application connects to. */
const BEFORE_TRANSLATION = 'mangle';

function chain(hook: 'output' | 'input', priority: string, rules: readonly string[]): string[] {
  return [
    `  chain ${hook} {`,
    `    type filter hook ${hook} priority ${priority}; policy drop;`,
    ...[...rules, REFUSE].map((rule) => `    ${rule}`),
    '  }',
  ];
}
