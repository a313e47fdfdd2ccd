import { addresses, EVERY_ADDRESS } from './addresses';
import type { Intervals } from './intervals';
import { type AccessRule, EVERY_NAME } from './rule-list';

const IPV4 = /^[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?:\/[0-9]{1,2})?$/;
const NAME = /^(?:[a-zA-Z0-9_-]{1,63}\.)*[a-zA-Z0-9_-]{1,63}$/;

/**
 * A subject of a rule as forwardproxy reads it: `all`, an address, a network, a host, or `*.` and a domain, which is the domain
 * itself too. It compares names as they are written, while a client may write them as it likes: a denial in capitals holds
 * nothing back, and what is allowed in capitals passes denials of the same name.
 *
 * @returns undefined for a rule that changes nothing
 * @throws on a subject at which forwardproxy refuses to start, and on one that is allowed in capitals
 */
export function accessRule(verb: 'allow' | 'deny', subject: string): AccessRule | undefined {
  const rule = { text: `${verb} ${subject}`, allow: verb === 'allow', pattern: EVERY_NAME, addresses: EVERY_ADDRESS };
  if (subject === 'all') return rule;
  if (subject.includes(':')) throw new Error(`'${subject}' has a port, or is an IPv6 address`);
  const at = IPV4.test(subject) ? network(subject) : undefined;
  if (at !== undefined) return { ...rule, addresses: at };
  const below = subject.startsWith('*.');
  const name = below ? subject.slice(2) : subject;
  if (!NAME.test(name)) throw new Error(`'${subject}' is neither an address, nor a network, nor a domain`);
  if (name === name.toLowerCase()) return { ...rule, pattern: below ? `.${name}` : name };
  if (rule.allow) throw new Error(`'${subject}' has capitals, and forwardproxy compares names case-sensitively`);
  return undefined;
}

function network(text: string): Intervals | undefined {
  try {
    return addresses(text);
  } catch {
    return undefined;
  }
}
