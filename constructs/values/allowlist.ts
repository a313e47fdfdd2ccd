import { type Audit, auditLine, later } from './audit';
import type { Destination } from './destination';
import { ALL_LISTS_BYTES } from './limits';
import { toVariables } from './line-variables';
import type { HostOfService, ServiceDestination } from './service-destination';

/** The variables that carry the list: this one, then this one with `_1`, `_2`, ... */
const VARIABLE = 'EGRESS_ALLOW';

/** What a list takes: a host or domain that the program names, or one that a service tells. */
export type AllowlistEntry = Destination | ServiceDestination;

/**
 * The destinations of one proxy, each as it was added and once. Only additions: whoever adds to a set can't race with somebody
 * else who does.
 *
 * One may cover another, on which squid would not start: what squid reads is the proxy's own short form of the list.
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
    if (this.bytes > ALL_LISTS_BYTES) {
      throw new RangeError(
        `the allowlist has ${this.destinations.size + this.ofServices.size} destinations in ${this.bytes} bytes, ` +
          `${this.bytes - ALL_LISTS_BYTES} over the ${ALL_LISTS_BYTES} that fit the environment of the proxy: name domains instead ` +
          'of hosts, or split the clients over two proxies',
      );
    }
  }

  /** Parents first, in whatever order they were added. An audit is the first line, hosts of services are the last ones. */
  lines(): string[] {
    const audit = this.audited === undefined ? [] : [auditLine(this.audited)];
    const known = [...this.destinations]
      .map(([line, destination]) => ({ line, key: sortKey(destination) }))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ line }) => line);
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
      `'${destination.toString()}' has no range, and ${destination.host.service} could name any host: ` +
        "give the range of its addresses, as in .within('10.98.0.0/24')",
    );
  }
  return destination;
}

/** Labels from the top, so that a domain stands before what is below it and neighbours stay together. */
function sortKey(destination: Destination): string {
  const labels = destination.name.split('.').reverse().join('.');
  return `${labels} ${destination.kind} ${destination.toString()}`;
}
