import { AddressSet } from './address-set';
import type { AddressPlan } from './address-plan';
import { toAddress } from '../ipv4';
import type { Lease } from './address-pool';
import type { NetworkState, PolicyRule, SecurityGroupRule } from './cell';

/** One network namespace, as far as rules are concerned. */
export interface Namespace {
  readonly appGuid: string;
  readonly spaceGuid: string;
  /** Staging has groups of its own, and nobody connects to it. */
  readonly purpose: 'running' | 'staging';
  readonly lease: Lease;
  /** What the router and the health checks connect to. */
  readonly ports: readonly number[];
  /** Of security groups; absent: those that the space has at any time. */
  readonly egress?: readonly SecurityGroupRule[];
}

export interface RuleSet {
  /** For `nft -f`: replaces the table in one transaction. */
  readonly text: string;
  /** The addresses of others that the text lets through. */
  readonly names: ReadonlySet<string>;
}

/** Where applications reach the router, at its address on the internet. */
export const ROUTER_PORT = 80;

/** ECONNREFUSED at once, as on the platform, and not a timeout. */
const REFUSE = 'goto refuse';

/**
 * A rule for each combination of one of each part. None has a set: where a table is replaced, there is a moment in which a
 * new rule is in force and its set of ranges matches nothing yet. Then what is open is refused, and what a fence keeps out
 * is let through (Linux 6.18, a busy machine: 133 of 585,171 connections during 2,318 changes, and 69 of 800,147 during
 * 1,526; none of either without sets).
 */
const combine = (...parts: readonly (readonly string[])[]): readonly string[] =>
  parts.reduce((rules, part) => rules.flatMap((rule) => part.map((more) => [rule, more].filter(Boolean).join(' '))));

const from = (addresses: AddressSet): string[] => addresses.texts.map((text) => `ip saddr ${text}`);
const to = (addresses: AddressSet): string[] => addresses.texts.map((text) => `ip daddr ${text}`);

/**
 * The platform answers with ICMP, from outside of the container. Here the answer is made while the connecting socket is
 * still locked, and Linux drops an ICMP error for a locked socket: the connection would wait for its second SYN, a second
 * later. A reset waits in the socket's backlog instead.
 */
const REFUSAL = [
  '  chain refuse {',
  '    meta l4proto tcp reject with tcp reset',
  '    reject with icmpx port-unreachable',
  '  }',
];
/** Docker answers other containers' names here, past all rules. */
const DOCKER_DNS = '127.0.0.11';
/** Multicast and broadcast never leave the link on the platform; here all instances share one. */
const LINK_ONLY = AddressSet.parse('224.0.0.0/4,255.255.255.255');

/**
 * The rules of one namespace: what its application's policies and its space's security groups open, and nothing else.
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

/** What holds from the first moment of a namespace until its own rules are there. */
export function closedRules(): string {
  return table([...LOOPBACK_OUTPUT, 'ct state established,related accept'], INPUT);
}

const LOOPBACK_OUTPUT = [`oifname "lo" ip daddr ${DOCKER_DNS} ${REFUSE}`, 'oifname "lo" accept'];

const INPUT = ['iifname "lo" accept', 'ct state established,related accept'];

function output({ foundation }: AddressPlan, own: readonly string[]): string[] {
  return [
    ...LOOPBACK_OUTPUT,
    // Among these the refusals of our own input chain, which a peer waits for.
    'ct state established,related accept',
    `meta nfproto ipv6 ${REFUSE}`,
    `${own.map((address) => `ip saddr != ${address}`).join(' ')} ${REFUSE}`,
    ...['tcp', 'udp'].map((protocol) => `ip daddr ${foundation} ${protocol} dport 53 accept`),
  ];
}

/**
 * What no security group opens, however wide it is. The overlay has the foundation and its gateway in it; the first and
 * the last address of a network reach all that are in it.
 */
function fenced({ overlay, internet, foundation, router, standIns }: AddressPlan): string[] {
  const everybody = [internet.all.first, internet.all.last].map(toAddress);
  const fence = AddressSet.of([overlay.all, internet.instances])
    .union(AddressSet.ofAddresses([foundation, overlay.gateway, internet.gateway, ...everybody, ...standIns]))
    .union(LINK_ONLY);
  return [
    ...combine(to(fence), [REFUSE]),
    // The rest of it is not the router's, but the foundation's.
    `ip daddr ${router} meta l4proto != tcp ${REFUSE}`,
    `ip daddr ${router} tcp dport != ${ROUTER_PORT} ${REFUSE}`,
  ];
}

function policyAccept(side: typeof from, peers: readonly string[], policy: PolicyRule): readonly string[] {
  const { protocol, startPort, endPort } = policy;
  const ports = startPort === endPort ? startPort : `${startPort}-${endPort}`;
  return combine(side(AddressSet.ofAddresses(peers)), [`${protocol} dport ${ports} accept`]);
}

/** There is no IPv6 here, so a rule for ICMPv6 opens nothing. */
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

/** -1 is the platform's word for any. */
function icmpField(field: 'type' | 'code', value = -1): string {
  return value === -1 ? '' : ` icmp ${field} ${value}`;
}

/** One range, or single ports: what the API lets through. */
const PORTS = /^\d{1,5}(-\d{1,5}|(,\d{1,5})*)$/;

function portsOf(ports = ''): readonly string[] {
  if (!PORTS.test(ports)) {
    throw new Error(`not a list of ports: ${JSON.stringify(ports)}; write 443, 80,443 or 8080-8090`);
  }
  return [...new Set(ports.split(','))];
}

/** Made, deleted and made again: so it is replaced whether or not it was there, with no moment in between. */
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

/** Rules are about the address that the application asked for, not about what stands in for it. */
const BEFORE_TRANSLATION = 'mangle';

function chain(hook: 'output' | 'input', priority: string, rules: readonly string[]): string[] {
  return [
    `  chain ${hook} {`,
    `    type filter hook ${hook} priority ${priority}; policy drop;`,
    ...[...rules, REFUSE].map((rule) => `    ${rule}`),
    '  }',
  ];
}
