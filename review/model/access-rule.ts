import { addresses, EVERY_ADDRESS } from './addresses';
import type { Intervals } from './intervals';
import { type AccessRule, EVERY_NAME } from './rule-list';

const IPV4 = /^[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?:\/[0-9]{1,2})?$/;
const NAME = /^(?:[a-zA-Z0-9_-]{1,63}\.)*[a-zA-Z0-9_-]{1,63}$/;

/**
 * A subject of a rule as forwardproxy reads it: `all`, an address, a network, a host, or `*.` and a domain, which is the domain
 * itself too. It compares names as they are written. A client writes them as it likes, so a host allowed in capitals is
 * allowed, while one denied in capitals is not denied.
 *
 * @returns undefined for a rule that changes nothing
 * @throws on a subject at which forwardproxy refuses to start
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
  const lower = name.toLowerCase();
  if (!rule.allow && lower !== name) return undefined;
  return { ...rule, pattern: below ? `.${lower}` : lower };
}

function network(text: string): Intervals | undefined {
  try {
    return addresses(text);
  } catch {
    return undefined;
  }
}
