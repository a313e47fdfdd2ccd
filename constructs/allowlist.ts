import { withoutContained, type AddressRange } from './address-range';
import { type Audit, auditLine, later } from './audit';
import { Destination } from './destination';
import { TOTAL_BYTES, toVariables } from './line-variables';
import { common, holdsAll, wider } from './name-pattern';
import type { HostOfService, ServiceDestination } from './service-destination';

/** The variables that carry the list: this one, then this one with `_1`, `_2`, ... */
const VARIABLE = 'EGRESS_ALLOW';

/** What a list takes: a host or domain that the program names, or one that a service tells. */
export type AllowlistEntry = Destination | ServiceDestination;

/** What may be reached over one port of a name: the public internet or a private range, by TLS or by anything, until when. */
const PUBLIC = 'public';
interface Reach {
  readonly where: typeof PUBLIC | AddressRange;
  readonly nameCheck: boolean;
  readonly exceptions: readonly string[];
  readonly end?: string;
}

/**
 * The destinations of one proxy. Only additions: whoever adds to a set can't race with somebody else who does.
 *
 * What it prints is the smallest list that allows the same: squid does not start on a list that holds both a name and the
 * domain that covers it.
 */
export class Allowlist {
  private readonly destinations = new Map<string, Destination>();
  private readonly ofServices = new Map<string, ServiceDestination>();
  private bytes = 0;
  private audited?: Audit;

  constructor(entries: readonly AllowlistEntry[] = []) {
    this.add(...entries);
  }

  /** Lets everything public through until then. Of two ends the later one holds. */
  audit(until: Audit): void {
    auditLine(until);
    this.audited = this.audited === undefined ? until : later(this.audited, until);
  }

  /** @throws if the list would be more than an environment holds, or for a service's host without a range */
  add(...more: readonly AllowlistEntry[]): void {
    for (const entry of more) {
      const line = entry.toString();
      if (this.destinations.has(line) || this.ofServices.has(line)) continue;
      if (entry.kind === 'service') this.ofServices.set(line, bounded(entry));
      else this.destinations.set(line, entry);
      this.bytes += line.length + 1;
    }
    if (this.bytes > TOTAL_BYTES) checkSize(this.lines());
  }

  /**
   * Parents first, names that a domain covers left out, no port and no range lost. An audit is the first line, hosts of
   * services are the last ones.
   */
  lines(): string[] {
    const audit = this.audited === undefined ? [] : [auditLine(this.audited)];
    const known = collapse([...this.destinations.values()]).map((destination) => destination.toString());
    return [...audit, ...known, ...[...this.ofServices.keys()].sort()];
  }

  /** The hosts that lines name by a variable. */
  hosts(): HostOfService[] {
    return [...this.ofServices.values()].map(({ host }) => host);
  }

  /** The lines as variables of the proxy's environment. */
  environment(): Record<string, string> {
    return toVariables(VARIABLE, this.lines());
  }
}

function bounded(destination: ServiceDestination): ServiceDestination {
  if (destination.ranges.length === 0) {
    throw new Error(
      `'${destination.toString()}' has no range, and its host is any that ${destination.host.service} turns out to name: ` +
        "say where it lies, as in .within('10.98.0.0/24')",
    );
  }
  return destination;
}

function checkSize(lines: readonly string[]): void {
  const bytes = lines.reduce((sum, line) => sum + line.length + 1, 0);
  if (bytes <= TOTAL_BYTES) return;
  throw new RangeError(
    `the allowlist has ${lines.length} destinations in ${bytes} bytes, ${bytes - TOTAL_BYTES} over the ${TOTAL_BYTES} that ` +
      'fit the environment of the proxy: name domains instead of hosts, or split the clients over two proxies',
  );
}

/**
 * A short list that allows the same requests, independent of the order and of how ports were spread over lines: no line
 * that another one covers. An exception stays as it was written, also where another line opens the name.
 */
function collapse(destinations: readonly Destination[]): Destination[] {
  const byPattern = new Map<string, Map<number, Reach[]>>();
  for (const { pattern, ports, ranges, nameCheck, exceptions, end } of destinations) {
    const byPort = byPattern.get(pattern) ?? new Map<number, Reach[]>();
    byPattern.set(pattern, byPort);
    const reach = (ranges.length === 0 ? [PUBLIC as typeof PUBLIC] : ranges).map((where) => ({
      where,
      nameCheck,
      exceptions,
      end,
    }));
    for (const port of ports) byPort.set(port, [...(byPort.get(port) ?? []), ...reach]);
  }
  for (const byPort of byPattern.values()) {
    for (const [port, reached] of byPort) byPort.set(port, joined(reached));
  }

  const covered = (pattern: string, port: number, reach: Reach): boolean =>
    [pattern, ...wider(pattern)].some((parent) =>
      byPattern
        .get(parent)
        ?.get(port)
        ?.some((other) => other !== reach && contains(parent, other, pattern, reach)),
    );

  const kept: Destination[] = [];
  for (const [pattern, byPort] of byPattern) {
    const lines = new Map<string, { line: Line; ports: number[] }>();
    for (const [port, reached] of byPort) {
      for (const [key, line] of linesOf(reached.filter((reach) => !covered(pattern, port, reach)))) {
        lines.set(key, { line, ports: [...(lines.get(key)?.ports ?? []), port] });
      }
    }
    for (const { line, ports } of lines.values()) kept.push(destinationOf(pattern, ports, line));
  }
  return kept
    .map((destination) => ({ destination, key: sortKey(destination) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ destination }) => destination);
}

/** What differs only in its exceptions is one: a name is open unless all except it. */
function joined(reached: readonly Reach[]): Reach[] {
  const byReach = new Map<string, Reach>();
  for (const reach of reached) {
    const key = `${reach.where.toString()} ${reach.nameCheck} ${reach.end ?? ''}`;
    const known = byReach.get(key);
    byReach.set(key, known ? { ...reach, exceptions: common(known.exceptions, reach.exceptions) } : reach);
  }
  return [...byReach.values()];
}

function contains(outerPattern: string, outer: Reach, innerPattern: string, inner: Reach): boolean {
  if (outer.nameCheck && !inner.nameCheck) return false;
  if (outer.end !== undefined && (inner.end === undefined || inner.end > outer.end)) return false;
  const names = { pattern: outerPattern, exceptions: outer.exceptions };
  if (!holdsAll(names, { pattern: innerPattern, exceptions: inner.exceptions })) return false;
  return outer.where === PUBLIC || inner.where === PUBLIC
    ? outer.where === inner.where
    : outer.where.contains(inner.where);
}

/** What a line says beside its name and ports. */
interface Line {
  readonly ranges: readonly AddressRange[];
  readonly nameCheck: boolean;
  readonly exceptions: readonly string[];
  readonly end?: string;
}

/** The ranges that differ in nothing else are one line. */
function linesOf(reached: readonly Reach[]): Map<string, Line> {
  const lines = new Map<string, Line>();
  for (const { where, nameCheck, exceptions, end } of reached) {
    const key = [where === PUBLIC, nameCheck, end, ...exceptions].join(' ');
    const ranges = where === PUBLIC ? [] : withoutContained([...(lines.get(key)?.ranges ?? []), where]);
    lines.set(key, { ranges, nameCheck, exceptions, end });
  }
  return new Map(
    [...lines.values()].map((line) => [[line.nameCheck, line.exceptions, line.end, ...line.ranges].join(' '), line]),
  );
}

function destinationOf(pattern: string, ports: readonly number[], line: Line): Destination {
  const whole = pattern.startsWith('.') ? Destination.domain(pattern, ...ports) : Destination.host(pattern, ...ports);
  const named = line.exceptions.length === 0 ? whole : whole.except(...line.exceptions);
  const within = (line.nameCheck ? named : named.withoutNameCheck()).within(...line.ranges.map(String));
  return line.end === undefined ? within : within.until(line.end);
}

/** Labels from the top, so that a domain stands before what is below it and neighbours stay together. */
function sortKey(destination: Destination): string {
  const labels = destination.name.split('.').reverse().join('.');
  return `${labels} ${destination.kind} ${destination.toString()}`;
}
