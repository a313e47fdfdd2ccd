import { EVERY_ADDRESS, INTERNET, printAddresses, addresses } from './addresses';
import { Intervals, type Range } from './intervals';
import { grouped } from './maps';

/** The protocols that rules distinguish. `other` is every protocol that only `all` opens. */
export const PROTOCOLS = ['tcp', 'udp', 'icmp', 'other'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** What takes the place of a port: for ICMP type * 256 + code; other protocols have nothing. */
const PORTS: Readonly<Record<Protocol, Range>> = {
  tcp: [1, 65535],
  udp: [1, 65535],
  icmp: [0, 65535],
  other: [0, 0],
};

/** A rule of a security group, as in the platform's API and the provider. */
export interface Rule {
  readonly protocol: string;
  readonly destination: string;
  readonly ports?: string | null;
  readonly type?: number | null;
  readonly code?: number | null;
}

/** The addresses that are open on some ports. */
export interface Slice {
  readonly first: number;
  readonly last: number;
  readonly to: Intervals;
}

type Combine = (a: Intervals, b: Intervals) => Intervals;

/**
 * The packets that may leave: for each protocol, which addresses on which ports. It has one normal form (ascending
 * ports, touching slices with the same addresses merged), so that comparisons are between sets and not between rules:
 * the rules' order, overlap and distribution over groups don't matter.
 */
export class Traffic {
  static readonly NONE = new Traffic(new Map());
  /** Everything that may be sent to these addresses. */
  static to(to: Intervals): Traffic {
    return Traffic.from(PROTOCOLS.map((protocol) => [protocol, [{ ...slice(PORTS[protocol]), to }]]));
  }

  static over(protocol: Protocol, ports: Intervals, to: Intervals): Traffic {
    return Traffic.from([[protocol, ports.ranges.map((range) => ({ ...slice(range), to }))]]);
  }

  /** @throws for a rule that isn't valid or isn't about IPv4 */
  static rule(rule: Rule): Traffic {
    const to = addresses(rule.destination);
    switch (rule.protocol) {
      case 'all':
        return Traffic.to(to);
      case 'tcp':
      case 'udp':
        return Traffic.over(rule.protocol, ports(rule.ports ?? ''), to);
      case 'icmp':
        return Traffic.over('icmp', icmp(rule.type ?? -1, rule.code ?? -1), to);
      default:
        throw new Error(`protocol '${rule.protocol}' is not supported: use tcp, udp, icmp or all`);
    }
  }

  private static from(entries: readonly (readonly [Protocol, readonly Slice[]])[]): Traffic {
    const kept = entries.map(([protocol, slices]) => [protocol, merge(slices)] as const);
    return new Traffic(new Map(kept.filter(([, slices]) => slices.length > 0)));
  }

  private internet?: boolean;

  private constructor(private readonly slices: ReadonlyMap<Protocol, readonly Slice[]>) {}

  get isEmpty(): boolean {
    return this.slices.size === 0;
  }

  union(other: Traffic): Traffic {
    if (this.isEmpty) return other;
    return other.isEmpty ? this : this.combine(other, (a, b) => a.union(b));
  }

  minus(other: Traffic): Traffic {
    return other.isEmpty ? this : this.combine(other, (a, b) => a.minus(b));
  }

  intersect(other: Traffic): Traffic {
    return this.combine(other, (a, b) => a.intersect(b));
  }

  covers(other: Traffic): boolean {
    return other.minus(this).isEmpty;
  }

  equals(other: Traffic): boolean {
    return this.covers(other) && other.covers(this);
  }

  /** The addresses that are open on this port. */
  addresses(protocol: Protocol, port: number): Intervals {
    return this.slices.get(protocol)?.find(({ first, last }) => first <= port && port <= last)?.to ?? Intervals.NONE;
  }

  /** The ranges of ports with the addresses that are open on each. */
  slicesOf(protocol: Protocol): readonly Slice[] {
    return this.slices.get(protocol) ?? [];
  }

  allows(protocol: Protocol, address: number, port: number): boolean {
    return this.addresses(protocol, port).includes(address);
  }

  get reachesInternet(): boolean {
    // Asked for each client of a space.
    return (this.internet ??= !this.intersect(Traffic.to(INTERNET)).isEmpty);
  }

  /**
   * Lines such as `10.97.0.0/24 on tcp 443`: first what is open on every port, then the rest by address, so that an
   * endpoint that is open besides the internet doesn't split the internet into pieces.
   */
  describe(): string[] {
    const everywhere = intersection(PROTOCOLS.map((protocol) => this.onEveryPort(protocol)));
    const rest = this.minus(Traffic.to(everywhere));
    const whole = PROTOCOLS.map((protocol) => [protocol, rest.onEveryPort(protocol)] as const);
    const pieces = rest.minus(
      Traffic.from(whole.map(([protocol, to]) => [protocol, [{ ...slice(PORTS[protocol]), to }]])),
    );
    return [
      ...(everywhere.isEmpty ? [] : [`${printTarget(everywhere)} over any protocol`]),
      ...byTarget(whole.map(([protocol, to]) => [WHOLE[protocol], to])),
      ...byTarget(
        PROTOCOLS.flatMap((protocol) =>
          [...groupPorts(pieces.slices.get(protocol) ?? [])].map(
            ([to, open]) => [printOpen(protocol, open), to] as const,
          ),
        ),
      ),
    ];
  }

  private onEveryPort(protocol: Protocol): Intervals {
    const slices = this.slices.get(protocol) ?? [];
    const open = Intervals.of(...slices.map(({ first, last }): Range => [first, last]));
    return open.covers(Intervals.of(PORTS[protocol])) ? intersection(slices.map(({ to }) => to)) : Intervals.NONE;
  }

  private combine(other: Traffic, combine: Combine): Traffic {
    return Traffic.from(
      PROTOCOLS.map((protocol) => [
        protocol,
        sweep(this.slices.get(protocol) ?? [], other.slices.get(protocol) ?? [], combine),
      ]),
    );
  }
}

function slice([first, last]: Range): { first: number; last: number } {
  return { first, last };
}

function sweep(a: readonly Slice[], b: readonly Slice[], combine: Combine): Slice[] {
  const cuts = [...new Set([...a, ...b].flatMap(({ first, last }) => [first, last + 1]))].sort((x, y) => x - y);
  const at = (slices: readonly Slice[], port: number): Intervals =>
    slices.find(({ first, last }) => first <= port && port <= last)?.to ?? Intervals.NONE;
  return cuts.slice(0, -1).map((first, index) => {
    const last = (cuts[index + 1] ?? first + 1) - 1;
    return { first, last, to: combine(at(a, first), at(b, first)) };
  });
}

function merge(slices: readonly Slice[]): Slice[] {
  const merged: Slice[] = [];
  for (const next of slices) {
    if (next.to.isEmpty) continue;
    const previous = merged.at(-1);
    if (previous !== undefined && previous.last + 1 === next.first && previous.to.equals(next.to)) {
      merged[merged.length - 1] = { ...previous, last: next.last };
    } else {
      merged.push(next);
    }
  }
  return merged;
}

/**
 * Parses `443`, `80,443` or `8000-8100`, as in rules of security groups and network policies. @throws on anything else
 */
export function ports(text: string): Intervals {
  const [lowest, highest] = PORTS.tcp;
  const ranges = text.split(',').map((part): Range => {
    const [, first, last = first] = /^\s*([0-9]{1,5})(?:-([0-9]{1,5}))?\s*$/.exec(part) ?? [];
    const range: Range = [Number(first ?? NaN), Number(last ?? NaN)];
    if (!(lowest <= range[0] && range[0] <= range[1] && range[1] <= highest)) {
      throw new Error(`'${text}' is not a list of ports: write 443, 80,443 or 8000-8100`);
    }
    return range;
  });
  return Intervals.of(...ranges);
}

/**
 * -1 means all. A code without a type is read as every type, so that this never understates what the platform opens.
 */
function icmp(type: number, code: number): Intervals {
  if (![type, code].every((part) => Number.isInteger(part) && part <= 255)) {
    throw new Error(`ICMP type ${type} with code ${code} is not valid: write numbers up to 255`);
  }
  if (type < 0) return Intervals.of(PORTS.icmp);
  return Intervals.of(code < 0 ? [type * 256, type * 256 + 255] : [type * 256 + code, type * 256 + code]);
}

export function printPorts(set: Intervals): string {
  return set.ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
}

/** `tcp 80,443`, what a network policy opens. Protocols such as ICMP have no ports there. */
export function printPolicy(protocol: Protocol, ports: Intervals): string {
  return protocol === 'tcp' || protocol === 'udp' ? `${protocol} ${printPorts(ports)}` : WHOLE[protocol];
}

const WHOLE: Readonly<Record<Protocol, string>> = {
  tcp: 'all tcp',
  udp: 'all udp',
  icmp: 'icmp',
  other: 'other protocols',
};

/** One line for each set of addresses, with everything that is open to it. */
function byTarget(open: readonly (readonly [what: string, to: Intervals])[]): string[] {
  const lines = grouped(
    open.filter(([, to]) => !to.isEmpty),
    ([, to]) => printTarget(to),
  );
  return [...lines].map(([target, to]) => `${target} on ${to.map(([what]) => what).join(' and ')}`);
}

function groupPorts(slices: readonly Slice[]): [to: Intervals, open: Intervals][] {
  const groups: [Intervals, Intervals][] = [];
  for (const { first, last, to } of slices) {
    const group = groups.find(([other]) => other.equals(to));
    if (group === undefined) groups.push([to, Intervals.of([first, last])]);
    else group[1] = group[1].union(Intervals.of([first, last]));
  }
  return groups;
}

function printOpen(protocol: Protocol, open: Intervals): string {
  return protocol === 'icmp'
    ? `icmp ${open.ranges.map(([first, last]) => printIcmp(first, last)).join(', ')}`
    : `${protocol} ${printPorts(open)}`;
}

function intersection(sets: readonly Intervals[]): Intervals {
  return sets.reduce((common, set) => common.intersect(set), sets[0] ?? Intervals.NONE);
}

function printIcmp(first: number, last: number): string {
  const type = (code: number): number => Math.floor(code / 256);
  if (first === last) return `type ${type(first)} code ${first % 256}`;
  return type(first) === type(last) ? `type ${type(first)}` : `types ${type(first)}-${type(last)}`;
}

/** A large set is printed by what it lacks, which is shorter and more familiar. */
function printTarget(to: Intervals): string {
  if (to.covers(EVERY_ADDRESS)) return 'every address';
  if (!to.covers(INTERNET)) return printAddresses(to).join(', ');
  return `the internet (every address but ${printAddresses(EVERY_ADDRESS.minus(to)).join(', ')})`;
}
