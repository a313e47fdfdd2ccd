import { checkDay, isOver } from './day';
import type { Destination } from './destination';
import { ALL_LISTS_BYTES } from './limits';
import { toVariables } from './environment';
import type { HostOfService, ServiceDestination } from './service-destination';

/** The variables that carry the list: this one, then the same name with `_1`, `_2`, ... */
const VARIABLE = 'EGRESS_ALLOW';

/** What an allowlist accepts: a host or domain that the program names, or a host from a service's credentials. */
export type AllowlistEntry = Destination | ServiceDestination;

/**
 * The destinations of one proxy, without duplicates. Entries can only be added, so the order in which constructs add
 * them doesn't matter.
 *
 * One entry may cover another, which squid refuses to start with: the proxy condenses the list before it writes squid's
 * configuration.
 */
export class Allowlist {
  private readonly destinations = new Map<string, Destination>();
  private readonly ofServices = new Map<string, ServiceDestination>();
  private bytes = 0;
  private audited?: Audit;

  constructor(entries: readonly AllowlistEntry[] = []) {
    this.add(...entries);
  }

  /** Lets everything public through until the given day. If it is called more than once, the later day counts. */
  audit(until: Audit): void {
    auditLine(until);
    this.audited = this.audited === undefined ? until : later(this.audited, until);
  }

  /**
   * Adds entries; one that is on the list already changes nothing.
   *
   * @throws if the list no longer fits the environment, or if a service's host has no range
   */
  add(...more: readonly AllowlistEntry[]): void {
    for (const entry of more) {
      const line = entry.toString();
      if (this.destinations.has(line) || this.ofServices.has(line)) continue;
      if (entry.kind === 'service') this.ofServices.set(line, bounded(entry));
      else this.destinations.set(line, entry);
      this.bytes += line.length + 1;
    }
    if (this.bytes > ALL_LISTS_BYTES) {
      throw new RangeError(
        `the allowlist has ${this.destinations.size + this.ofServices.size} destinations in ${this.bytes} bytes, ` +
          `${this.bytes - ALL_LISTS_BYTES} over the ${ALL_LISTS_BYTES} that fit the environment of the proxy: name domains instead ` +
          'of hosts, or split the clients over two proxies',
      );
    }
  }

  /** Parents come first, whatever order they were added in. An audit is the first line; hosts of services come last. */
  lines(): string[] {
    const audit = this.audited === undefined ? [] : [auditLine(this.audited)];
    const known = [...this.destinations]
      .map(([line, destination]) => ({ line, key: sortKey(destination) }))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ line }) => line);
    return [...audit, ...known, ...[...this.ofServices.keys()].sort()];
  }

  /** The hosts that lines refer to by a variable. */
  hosts(): HostOfService[] {
    return [...this.ofServices.values()].map(({ host }) => host);
  }

  /** The lines as variables for the proxy's environment. */
  environment(): Record<string, string> {
    return toVariables(VARIABLE, this.lines());
  }
}

function bounded(destination: ServiceDestination): ServiceDestination {
  if (destination.ranges.length === 0) {
    throw new Error(
      `'${destination.toString()}' has no range, and ${destination.host.service} could name any host: ` +
        "give the range of its addresses, as in .within('10.98.0.0/24')",
    );
  }
  return destination;
}

/** Labels in reverse order, so that a domain sorts before everything below it and neighbors stay together. */
function sortKey(destination: Destination): string {
  const labels = destination.name.split('.').reverse().join('.');
  return `${labels} ${destination.kind} ${destination.toString()}`;
}

/**
 * An audit: the list refuses nothing, and the log says what it would have refused. `true` has no end, which the checks
 * report as an error; `until` is the last day, in UTC, written `2026-12-31`. After that day the proxy refuses again
 * without a deployment.
 */
export type Audit = true | { readonly until: string };

const LINE = /^audit(?: until (.*))?$/;

/** The line that the proxy reads. @throws unless the day is a calendar day */
export function auditLine(audit: Audit): string {
  return audit === true ? 'audit' : `audit until ${checkDay(audit.until)}`;
}

/** Parses such a line; undefined if the line is something else. @throws as {@link auditLine} does */
export function readAudit(line: string): Audit | undefined {
  const [found, until] = LINE.exec(line) ?? [];
  if (found === undefined) return undefined;
  return until === undefined ? true : { until: checkDay(until) };
}

/** Whether the audit is over on the given day. */
export function hasEnded(audit: Audit, today: string): boolean {
  return audit !== true && isOver(audit.until, today);
}

/** Whichever ends later. */
export function later(some: Audit, other: Audit): Audit {
  return some === true || other === true ? true : some.until < other.until ? other : some;
}

/** Describes the audit as part of a sentence. */
export function describeAudit(audit: Audit): string {
  return audit === true ? 'audit mode without an end' : `audit mode until ${audit.until}`;
}
