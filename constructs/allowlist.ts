import { withoutContained, type AddressRange } from './address-range';
import { Destination } from './destination';
import { toVariables } from './line-variables';

/** The variables that carry the list: this one, then this one with `_1`, `_2`, ... */
const VARIABLE = 'EGRESS_ALLOW';

/**
 * What the list may take in all. Linux gives a program a quarter of its stack limit, 2 MiB by default, for arguments and
 * environment together; half of that stays for what the platform and the image set.
 */
const TOTAL_BYTES = 1024 * 1024;

/** What may be reached over one port of one name: the public internet, or a private range, by TLS or by anything. */
const PUBLIC = 'public';
interface Reach {
  readonly where: typeof PUBLIC | AddressRange;
  readonly nameCheck: boolean;
}

/**
 * The destinations of one proxy. Only additions: whoever adds to a set can't race with somebody else who does.
 *
 * What it prints is the smallest list that allows the same: squid does not start on a list that holds both a name and the
 * domain that covers it.
 */
export class Allowlist {
  private readonly destinations = new Map<string, Destination>();
  private bytes = 0;

  constructor(destinations: readonly Destination[] = []) {
    this.add(...destinations);
  }

  /** @throws if the list would be more than an environment holds */
  add(...more: readonly Destination[]): void {
    for (const destination of more) {
      const line = destination.toString();
      if (this.destinations.has(line)) continue;
      this.destinations.set(line, destination);
      this.bytes += line.length + 1;
    }
    if (this.bytes > TOTAL_BYTES) checkSize(this.lines());
  }

  /** Parents first, names that a domain covers left out, no port and no range lost. */
  lines(): string[] {
    return collapse([...this.destinations.values()]).map((destination) => destination.toString());
  }

  /** The lines as variables of the proxy's environment. */
  environment(): Record<string, string> {
    return toVariables(VARIABLE, this.lines());
  }
}

function checkSize(lines: readonly string[]): void {
  const bytes = lines.reduce((sum, line) => sum + line.length + 1, 0);
  if (bytes <= TOTAL_BYTES) return;
  throw new RangeError(
    `the allowlist has ${lines.length} destinations in ${bytes} bytes, ${bytes - TOTAL_BYTES} over the ${TOTAL_BYTES} that ` +
      'fit the environment of the proxy: name domains instead of hosts, or split the clients over two proxies',
  );
}

/** The smallest list that allows the same requests, independent of the order and of how ports were spread over lines. */
function collapse(destinations: readonly Destination[]): Destination[] {
  const byPattern = new Map<string, Map<number, Reach[]>>();
  for (const { pattern, ports, ranges, nameCheck } of destinations) {
    const byPort = byPattern.get(pattern) ?? new Map<number, Reach[]>();
    byPattern.set(pattern, byPort);
    const reach = (ranges.length === 0 ? [PUBLIC as typeof PUBLIC] : ranges).map((where) => ({ where, nameCheck }));
    for (const port of ports) byPort.set(port, [...(byPort.get(port) ?? []), ...reach]);
  }

  const covered = (pattern: string, port: number, reach: Reach): boolean =>
    wider(pattern).some((parent) =>
      byPattern
        .get(parent)
        ?.get(port)
        ?.some((other) => contains(other, reach)),
    );

  const kept: Destination[] = [];
  for (const [pattern, byPort] of byPattern) {
    const byReach = new Map<string, { ports: number[]; ranges: AddressRange[]; nameCheck: boolean }>();
    const keep = (port: number, nameCheck: boolean, ranges: readonly AddressRange[]): void => {
      const key = `${nameCheck} ${ranges.join(',')}`;
      const group = byReach.get(key) ?? { ports: [], ranges: [...ranges], nameCheck };
      byReach.set(key, { ...group, ports: [...group.ports, port] });
    };
    for (const [port, reached] of byPort) {
      const unchecked = reached.filter(({ nameCheck }) => !nameCheck);
      const own = reached.filter(
        (reach) =>
          !covered(pattern, port, reach) && !(reach.nameCheck && unchecked.some((other) => contains(other, reach))),
      );
      for (const nameCheck of [true, false]) {
        const places = own.filter((reach) => reach.nameCheck === nameCheck).map(({ where }) => where);
        const ranges = withoutContained(places.filter((where) => where !== PUBLIC));
        if (places.includes(PUBLIC)) keep(port, nameCheck, []);
        if (ranges.length > 0) keep(port, nameCheck, ranges);
      }
    }
    for (const { ports, ranges, nameCheck } of byReach.values()) {
      const destination = destinationOf(pattern, ports, ranges);
      kept.push(nameCheck ? destination : destination.withoutNameCheck());
    }
  }
  return kept
    .map((destination) => ({ destination, key: sortKey(destination) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ destination }) => destination);
}

/** The domains that cover a pattern and are not the pattern itself: `a.example.org` has `.a.example.org` first. */
function wider(pattern: string): string[] {
  const labels = pattern.split('.');
  const parents = labels.map((_, index) => `.${labels.slice(index).join('.')}`);
  return pattern.startsWith('.') ? parents.slice(2) : parents;
}

function contains(outer: Reach, inner: Reach): boolean {
  if (outer.nameCheck && !inner.nameCheck) return false;
  return outer.where === PUBLIC || inner.where === PUBLIC
    ? outer.where === inner.where
    : outer.where.contains(inner.where);
}

function destinationOf(pattern: string, ports: readonly number[], ranges: readonly AddressRange[]): Destination {
  const destination = pattern.startsWith('.')
    ? Destination.domain(pattern, ...ports)
    : Destination.host(pattern, ...ports);
  return destination.within(...ranges.map(String));
}

/** Labels from the top, so that a domain stands before what is below it and neighbours stay together. */
function sortKey(destination: Destination): string {
  const labels = destination.name.split('.').reverse().join('.');
  return `${labels} ${destination.kind} ${destination.toString()}`;
}
