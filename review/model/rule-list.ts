import type { Destination } from '../../constructs/values/destination';
import { addresses, EVERY_ADDRESS, INTERNET } from './addresses';
import { readOr, Unreadable } from './unreadable';
import { Intervals } from './intervals';
import { Names, type Named } from './names';
import { Traffic } from './traffic';

/** One rule about names, addresses, or both. */
export interface AccessRule {
  /** The rule as written: `allow *.example.gov`. */
  readonly text: string;
  readonly allow: boolean;
  /** A host, or a domain and everything below it with a leading dot; `.` for every name. */
  readonly pattern: string;
  readonly addresses: Intervals;
}

/**
 * Rules of which the first match decides. A name is checked together with each address that it resolves to, so a rule
 * about addresses applies to all names, and a rule about names applies wherever they lead.
 */
export interface RuleList {
  /** The proxy's name for the one client that the list is for; unset for a list for all clients. */
  readonly client?: string;
  readonly ports: Intervals;
  readonly rules: readonly AccessRule[];
}

export const EVERY_PORT = Intervals.of([1, 65535]);
export const EVERY_NAME = '.';

/**
 * What decides if no rule does: forwardproxy refuses these addresses and allows everything else. The metadata address
 * 169.254.169.254 is not among them.
 *
 * @see https://github.com/caddyserver/forwardproxy/blob/ec0619230bc0/forwardproxy.go
 */
const PRIVATE_REFUSED: AccessRule = {
  text: 'deny private networks (built in)',
  allow: false,
  pattern: EVERY_NAME,
  addresses: addresses('10.0.0.0/8,127.0.0.0/8,172.16.0.0/12,192.168.0.0/16'),
};
export const REST: AccessRule = {
  text: 'allow all (built in)',
  allow: true,
  pattern: EVERY_NAME,
  addresses: EVERY_ADDRESS,
};
const BUILT_IN: readonly AccessRule[] = [PRIVATE_REFUSED, REST];

/** What a list lets through, computed from its last rule to its first, because earlier rules take precedence. */
export function namesOfRules({ ports, rules }: RuleList): Names {
  return runsOf([...rules, ...BUILT_IN]).reduceRight<Names>((later, run) => {
    const named = Names.of(
      run.map(({ pattern, addresses: at }): Named => ({ pattern, exceptions: [], to: Traffic.over('tcp', ports, at) })),
    );
    return run[0]?.allow === true ? later.union(named) : later.minus(named);
  }, Names.NONE);
}

/**
 * The rules that may decide about a name at some address: all that match it, up to the first that applies at every
 * address.
 */
export function rulesAbout({ rules }: RuleList, holds: (pattern: string) => boolean): AccessRule[] {
  const about = [...rules, ...BUILT_IN].filter(({ pattern }) => pattern === EVERY_NAME || holds(pattern));
  const end = about.findIndex(({ addresses: at }) => at.covers(EVERY_ADDRESS));
  return about.slice(0, end + 1);
}

/** Adjacent rules with the same verdict can be combined in any order. */
function runsOf(rules: readonly AccessRule[]): AccessRule[][] {
  const runs: AccessRule[][] = [];
  for (const next of rules) {
    const last = runs.at(-1);
    if (last?.[0]?.allow === next.allow) last.push(next);
    else runs.push([next]);
  }
  return runs;
}

const IPV4 = /^[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?:\/[0-9]{1,2})?$/;
const NAME = /^(?:[a-zA-Z0-9_-]{1,63}\.)*[a-zA-Z0-9_-]{1,63}$/;

/**
 * Parses a rule's subject the way forwardproxy does: `all`, an address, a network, a host, or `*.` and a domain, which
 * includes the domain itself. forwardproxy compares names case-sensitively, while clients choose the case: a denial in
 * capitals never matches, and an allowed name in capitals gets past denials of the same name.
 *
 * @returns undefined for a rule that changes nothing
 * @throws for a subject that keeps forwardproxy from starting, and for an allowed name in capitals
 */
export function accessRule(verb: 'allow' | 'deny', subject: string): AccessRule | undefined {
  const rule = { text: `${verb} ${subject}`, allow: verb === 'allow', pattern: EVERY_NAME, addresses: EVERY_ADDRESS };
  if (subject === 'all') return rule;
  if (subject.includes(':')) throw new Unreadable(`'${subject}' has a port, or is an IPv6 address`);
  const at = IPV4.test(subject)
    ? readOr<Intervals | undefined>(
        () => addresses(subject),
        () => undefined,
      )
    : undefined;
  if (at !== undefined) return { ...rule, addresses: at };
  const below = subject.startsWith('*.');
  const name = below ? subject.slice(2) : subject;
  if (!NAME.test(name)) throw new Unreadable(`'${subject}' is neither an address, nor a network, nor a domain`);
  if (name === name.toLowerCase()) return { ...rule, pattern: below ? `.${name}` : name };
  if (rule.allow) throw new Unreadable(`'${subject}' has capitals, and forwardproxy compares names case-sensitively`);
  return undefined;
}

/** A proxy takes a name to the public internet, or only to the ranges that its line names. */
export function openedBy({ ports, ranges }: Pick<Destination, 'ports' | 'ranges'>): Traffic {
  const at =
    ranges.length === 0
      ? INTERNET
      : Intervals.of(...ranges.map(({ first, prefix }) => [first, first + 2 ** (32 - prefix) - 1] as const));
  return Traffic.over('tcp', Intervals.points(...ports), at);
}
