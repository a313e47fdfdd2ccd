/** Squid's reading of the rendered rules: what `http_access` says to a name, a port and addresses. */

export interface Target {
  readonly host: string;
  readonly port: number;
  /** What the name resolves to, IPv4. */
  readonly addresses: readonly string[];
}

export type Verdict = 'allowed' | 'not listed' | 'address';

type Matcher = (target: Target) => boolean;

/** The last name on a rule, which always matches and says which rule it was. */
const MARKS: Readonly<Record<string, Verdict>> = {
  allowed: 'allowed',
  allowed_range: 'allowed',
  refused_not_listed: 'not listed',
  refused_address: 'address',
};

/** As in squid.conf. */
const PRIVATE = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.168.0.0/16', '198.18.0.0/15', '224.0.0.0/4', '240.0.0.0/4'],
];

export class Rules {
  private readonly lists = new Map<string, { type: string; values: string[] }>();
  private readonly accesses: { action: string; names: string[] }[] = [];

  constructor(text: string) {
    this.lists.set('private', { type: 'dst', values: PRIVATE });
    for (const line of text.trim().split('\n')) {
      const [directive = '', ...words] = line.split(' ');
      if (directive === 'http_access') this.accesses.push({ action: words[0] ?? '', names: words.slice(1) });
      else if (directive === 'acl') this.define(words);
      else if (directive !== 'err_html_text') throw new Error(`cannot read the rule ${line}`);
    }
  }

  private define([name = '', type = '', ...values]: string[]): void {
    const list = this.lists.get(name) ?? { type, values: [] };
    if (type === 'dstdomain' && values.shift() !== '-n') throw new Error(`${name} looks up addresses: it has no -n`);
    list.values.push(...values);
    this.lists.set(name, list);
  }

  verdict(target: Target): Verdict {
    for (const { names } of this.accesses) {
      if (names.every((name) => this.matches(name, target))) {
        const mark = MARKS[names[names.length - 1] ?? ''];
        if (!mark) throw new Error(`the rule ${names.join(' ')} has no mark`);
        return mark;
      }
    }
    throw new Error('the rules leave a request undecided');
  }

  /** The dstdomain lists, each of which squid wants free of names that cover one another. */
  nameLists(): string[][] {
    return [...this.lists.values()].filter(({ type }) => type === 'dstdomain').map(({ values }) => values);
  }

  /** Writes the rules as an allowlist again. */
  toAllowlist(): string[] {
    return this.nameLists().flatMap((names, index) => {
      const ports = this.lists.get(`ports_${index + 1}`)?.values.join(',') ?? '';
      const ranges = this.lists.has(`outside_${index + 1}`);
      if (ranges) throw new Error('a list with ranges cannot be written back');
      return names.map((name) => `${name}:${ports}`);
    });
  }

  private matches(name: string, target: Target): boolean {
    if (name.startsWith('!')) return !this.matches(name.slice(1), target);
    if (name in MARKS) return true;
    const list = this.lists.get(name);
    if (!list) throw new Error(`the list ${name} is not defined`);
    return this.matcher(list.type, list.values)(target);
  }

  private matcher(type: string, values: readonly string[]): Matcher {
    switch (type) {
      case 'dstdomain':
        return ({ host }) => values.some((value) => coversHost(value, host));
      case 'port':
        return ({ port }) => values.includes(String(port));
      case 'dst':
        return ({ addresses }) => addresses.some((address) => values.some((value) => inRange(value, address)));
      case 'all-of':
        return (target) => values.every((value) => this.matches(value, target));
      case 'any-of':
        return (target) => values.some((value) => this.matches(value, target));
      default:
        throw new Error(`cannot read lists of type ${type}`);
    }
  }
}

/** `.example.org` covers example.org and everything below, `example.org` only itself. */
export const coversHost = (entry: string, host: string): boolean =>
  entry.startsWith('.') ? `.${host}`.endsWith(entry) : entry === host;

const toNumber = (address: string): number =>
  address.split('.').reduce((number, byte) => number * 256 + Number(byte), 0);

/** IPv6 blocks hold no IPv4 address. */
export function inRange(cidr: string, address: string): boolean {
  if (cidr.includes(':')) return false;
  const [network = '', prefix = ''] = cidr.split('/');
  const size = 2 ** (32 - Number(prefix));
  const distance = toNumber(address) - toNumber(network);
  return distance >= 0 && distance < size;
}

/** What one line allows, read straight from the grammar. */
export function lineAllows(line: string, { host, port, addresses }: Target): boolean {
  const [where = '', ranges] = line.split('@');
  const [entry = '', ports = ''] = where.split(':');
  if (!coversHost(entry, host) || !ports.split(',').includes(String(port))) return false;
  if (ranges === undefined) return !addresses.some((address) => PRIVATE.some((cidr) => inRange(cidr, address)));
  return addresses.every((address) => ranges.split(',').some((cidr) => inRange(cidr, address)));
}
