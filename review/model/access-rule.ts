import { addresses, EVERY_ADDRESS } from './addresses';
import type { Intervals } from './intervals';
import { type AccessRule, EVERY_NAME } from './rule-list';
import { readOr, Unreadable } from './unreadable';

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
