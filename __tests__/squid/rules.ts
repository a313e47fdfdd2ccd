/** The proxy's rules as text, and their evaluation like squid's: `http_access` about a name, a port, and addresses. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { join } from 'node:path';
import { SQUID } from '../../constructs/app-source';

const PREPARE = join(SQUID, 'prepare');

/** Runs `prepare render` on this machine, with nothing else in its environment. */
export function render(environment: Readonly<Record<string, string>>) {
  const { PATH = '' } = process.env;
  return spawnSync('perl', [PREPARE, 'render'], { env: { PATH, ...environment }, encoding: 'utf8' });
}

/** The rules for a valid allowlist. */
export function rulesFor(lines: readonly string[]): string {
  const { status, stdout, stderr } = render({ EGRESS_ALLOW: lines.join('\n') });
  if (status !== 0) throw new Error(`prepare refused ${JSON.stringify(lines)}: ${stderr}`);
  return stdout;
}

export interface SpecialBlock {
  readonly network: string;
  readonly kind: 'closed' | 'metadata' | 'elsewhere';
  readonly what: string;
  readonly source: string;
  readonly first: string;
  readonly last: string;
}

/** The proxy's own list of addresses that no name can resolve to. */
export const SPECIAL_BLOCKS: readonly SpecialBlock[] = readFileSync(join(SQUID, 'special-addresses'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => {
    const [network = '', kind = '', what = '', source = ''] = line.split(/ {2,}/);
    return { network, kind: kind as SpecialBlock['kind'], what, source, ...endsOf(network) };
  });

function endsOf(network: string): { readonly first: string; readonly last: string } {
  const [address = '', prefix = ''] = network.split('/');
  const [size, print] = isIPv4(address) ? [32, printIPv4] : [128, printIPv6];
  const rest = 1n << BigInt(size - Number(prefix));
  const first = toNumber(address) - (toNumber(address) % rest);
  return { first: print(first), last: print(first + rest - 1n) };
}

function toNumber(address: string): bigint {
  if (isIPv4(address)) return address.split('.').reduce((sum, byte) => (sum << 8n) + BigInt(byte), 0n);
  const [head = [], tail = []] = address.split('::').map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return [...head, ...zeros, ...tail].reduce((sum, group) => (sum << 16n) + BigInt(`0x${group}`), 0n);
}

function digits(value: bigint, count: number, bits: number): number[] {
  const base = 1n << BigInt(bits);
  return Array.from({ length: count }, (_, index) => Number((value >> BigInt((count - 1 - index) * bits)) % base));
}

function printIPv4(value: bigint): string {
  return digits(value, 4, 8).join('.');
}

function printIPv6(value: bigint): string {
  const groups = digits(value, 8, 16).map((group) => group.toString(16));
  return groups.join(':');
}

export interface Target {
  readonly host: string;
  readonly port: number;
  /** The content of the tunnel; undefined for an http URL. */
  readonly tunnel?: Tunnel;
  /** The IPv4 addresses that the name resolves to. */
  readonly addresses: readonly string[];
}

/** TLS that names the host, TLS that names another or none, or something else. */
export type Tunnel = 'its TLS' | 'other TLS' | 'no TLS';

export type Verdict =
  'allowed' | 'not listed' | 'excepted' | 'ended' | 'address' | 'name' | 'crowded' | 'tls name' | 'no tls';

type Matcher = (target: Target) => boolean;
type Step = 'greeting unread' | 'read';

interface Access {
  readonly action: string;
  readonly names: readonly string[];
}

/** The last name in a rule, which always matches and identifies the rule. */
const MARKS: Readonly<Record<string, Verdict>> = {
  allowed: 'allowed',
  allowed_range: 'allowed',
  refused_not_listed: 'not listed',
  refused_excepted: 'excepted',
  refused_ended: 'ended',
  refused_address: 'address',
  failed_name: 'name',
  failed_crowded: 'crowded',
  refused_tunnel_not_listed: 'not listed',
  refused_tunnel_excepted: 'excepted',
  refused_tunnel_ended: 'ended',
  refused_tunnel_address: 'address',
  failed_tunnel_name: 'name',
  refused_tls_name: 'tls name',
  refused_no_tls: 'no tls',
};

const PRIVATE = SPECIAL_BLOCKS.map(({ network }) => network);
const METADATA = SPECIAL_BLOCKS.filter(({ kind }) => kind === 'metadata').map(({ network }) => network);

/** The lists that squid.conf defines. */
const FIXED: Readonly<Record<string, (target: Target, step: Step) => boolean>> = {
  CONNECT: ({ tunnel }) => tunnel !== undefined,
  resolved: ({ addresses }) => addresses.length > 0,
  // As long as few connections are opened, this isn't asked.
  may_wait: () => true,
  has_waited: () => true,
  ipv6: ({ addresses }) => addresses.some((address) => address.includes(':')),
  greeting_unread: (_, step) => step === 'greeting unread',
  odd_name: ({ host }) => /[^a-z0-9._-]/.test(host),
  read_greeting: ({ tunnel }, step) => tunnel !== undefined && step === 'read',
  same_name: ({ tunnel }) => tunnel === 'its TLS',
};

const markOf = (names: readonly string[]): Verdict => {
  const mark = MARKS[names[names.length - 1] ?? ''];
  if (!mark) throw new Error(`the rule ${names.join(' ')} has no mark`);
  return mark;
};

export class Rules {
  private readonly lists = new Map<string, { type: string; values: string[] }>();
  private readonly accesses: Access[] = [];
  private readonly bumps: Access[] = [];

  /** @param now in milliseconds since 1970 */
  constructor(
    text: string,
    private readonly now = 0,
  ) {
    this.lists.set('private', { type: 'dst', values: PRIVATE });
    for (const line of text.trim().split('\n')) {
      const [directive = '', ...words] = line.split(' ');
      const rule = { action: words[0] ?? '', names: words.slice(1) };
      if (directive === 'http_access') this.accesses.push(rule);
      else if (directive === 'ssl_bump') this.bumps.push(rule);
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
    const { action, names } = this.first(this.accesses, target, 'greeting unread');
    return action === 'allow' && target.tunnel !== undefined ? this.inside(target) : markOf(names);
  }

  /**
   * Squid evaluates the rules about a tunnel's content twice, before and after it has read the ClientHello. If it
   * allows the tunnel, it evaluates the rules for requests once more.
   */
  private inside(target: Target): Verdict {
    const before = this.first(this.bumps, target, 'greeting unread');
    if (before.action === 'splice') return 'allowed';
    if (before.action !== 'peek') return markOf(before.names);
    if (target.tunnel === 'no TLS') return markOf(before.names);
    const after = this.first(this.bumps, target, 'read');
    return markOf((after.action === 'splice' ? this.first(this.accesses, target, 'read') : after).names);
  }

  private first(rules: readonly Access[], target: Target, step: Step): Access {
    const found = rules.find(({ names }) => names.every((name) => this.matches(name, target, step)));
    if (found === undefined) throw new Error('the rules leave a request undecided');
    return found;
  }

  /** The dstdomain lists. Squid requires that no name in a list covers another one. */
  nameLists(prefix = ''): string[][] {
    return [...this.lists]
      .filter(([name, { type }]) => type === 'dstdomain' && name.startsWith(prefix))
      .map(([, { values }]) => values);
  }

  /** Writes the rules as an allowlist again. */
  toAllowlist(): string[] {
    return this.nameLists('hosts_').flatMap((names, index) => {
      const ports = this.lists.get(`ports_${index + 1}`)?.values.join(',') ?? '';
      const ranges = this.lists.has(`outside_${index + 1}`);
      if (ranges) throw new Error('a list with ranges cannot be written back');
      return names.map((name) => `${name}:${ports}`);
    });
  }

  private matches(name: string, target: Target, step: Step): boolean {
    if (name.startsWith('!')) return !this.matches(name.slice(1), target, step);
    if (name in MARKS) return true;
    const fixed = FIXED[name];
    if (fixed !== undefined) return fixed(target, step);
    const list = this.lists.get(name);
    if (!list) throw new Error(`the list ${name} is not defined`);
    return this.matcher(list.type, list.values, step)(target);
  }

  /** The answer of the helper for destinations that expire. */
  private isBefore([helper, end]: readonly string[]): boolean {
    if (helper !== 'before') throw new Error(`no helper ${helper} is asked here`);
    return this.now / 1000 < Number(end);
  }

  private matcher(type: string, values: readonly string[], step: Step): Matcher {
    switch (type) {
      case 'dstdomain':
        return ({ host }) => values.some((value) => coversHost(value, host));
      case 'port':
        return ({ port }) => values.includes(String(port));
      case 'dst':
        return ({ addresses }) => addresses.some((address) => values.some((value) => inRange(value, address)));
      case 'external':
        return () => this.isBefore(values);
      case 'all-of':
        return (target) => values.every((value) => this.matches(value, target, step));
      case 'any-of':
        return (target) => values.some((value) => this.matches(value, target, step));
      default:
        throw new Error(`cannot read lists of type ${type}`);
    }
  }
}

/** `.example.org` covers example.org and everything below it; `example.org` covers only itself. */
export const coversHost = (entry: string, host: string): boolean =>
  entry.startsWith('.') ? `.${host}`.endsWith(entry) : entry === host;

/** An IPv6 block never contains an IPv4 address. */
export function inRange(cidr: string, address: string): boolean {
  if (cidr.includes(':')) return false;
  const [network = '', prefix = ''] = cidr.split('/');
  const size = 2 ** (32 - Number(prefix));
  const distance = Number(toNumber(address) - toNumber(network));
  return distance >= 0 && distance < size;
}

/** Whether a line lists the host and the port, and doesn't except the host. */
export function lineLists(line: string, { host, port }: Pick<Target, 'host' | 'port'>): boolean {
  const [names = '', ports = ''] = line.replace(/(\/tcp)?(@.*| until .*)?$/, '').split(':');
  const [entry = '', exceptions = ''] = names.split('!');
  const excepted = exceptions !== '' && exceptions.split(',').some((exception) => coversHost(exception, host));
  return coversHost(entry, host) && !excepted && ports.split(',').includes(String(port));
}

/** Whether a line has expired; it is valid through its last day. */
export function lineHasEnded(line: string, now: number): boolean {
  const [, day] = / until (.*)$/.exec(line) ?? [];
  return day !== undefined && now > Date.parse(`${day}T23:59:59.999Z`);
}

/** Whether a line allows the target, directly according to the grammar. */
export function lineAllows(line: string, target: Target): boolean {
  const { tunnel, addresses } = target;
  const [where = '', ranges] = line.replace(/ until .*$/, '').split('@');
  if (!lineLists(line, target) || addresses.length === 0) return false;
  if (tunnel !== undefined && tunnel !== 'its TLS' && !where.endsWith('/tcp')) return false;
  if (ranges === undefined) return !addresses.some((address) => PRIVATE.some((cidr) => inRange(cidr, address)));
  return addresses.every(
    (address) =>
      ranges.split(',').some((cidr) => inRange(cidr, address)) && !METADATA.some((cidr) => inRange(cidr, address)),
  );
}
