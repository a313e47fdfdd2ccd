import { AddressRange, withoutContained } from './address-range';
import { hostName } from './host-name';
import { checkPort } from './port';

const DEFAULT_PORTS: readonly number[] = [443];

/**
 * One line of the allowlist: a host, or a domain and all below it, with the ports that are open to it.
 *
 * Printed in one way only: `api.example.gov:443`, `.example.org:80,443`, and with the private range that the name
 * resolves into, `bucket.vpce-1.s3.us-gov-west-1.vpce.amazonaws.com:443@10.98.0.0/24`. Lower case, A-labels, no trailing
 * dot, ports always and in ascending order.
 */
export class Destination {
  /**
   * Exactly this host.
   *
   * @param ports default to 443
   */
  static host(name: string, ...ports: number[]): Destination {
    const host = hostName(name);
    if (!host.includes('.')) {
      throw new Error(
        `'${name}' is a name without a dot, which a resolver's search list may complete to any other: write it in full`,
      );
    }
    return Destination.of('host', host, ports, []);
  }

  /**
   * The name itself and all names below it.
   *
   * @param name with or without the leading dot that it is printed with
   * @param ports default to 443
   */
  static domain(name: string, ...ports: number[]): Destination {
    return Destination.of('domain', hostName(name.startsWith('.') ? name.slice(1) : name), ports, []);
  }

  /** Reads what {@link toString} prints; ports may be left out and are 443 then. Throws on a part it could not keep. */
  static parse(text: string): Destination {
    const [where = '', ...ranges] = text.split('@');
    const [, name = where, ports] = /^([^:]*):([^:/]*)$/.exec(where) ?? [];
    const numbers = ports?.split(',').map((port) => parsePort(port, text)) ?? [];
    const destination = name.startsWith('.')
      ? Destination.domain(name, ...numbers)
      : Destination.host(name, ...numbers);
    return ranges.length === 0 ? destination : destination.within(...ranges.join('@').split(','));
  }

  private static of(
    kind: Destination['kind'],
    name: string,
    ports: readonly number[],
    ranges: readonly AddressRange[],
  ): Destination {
    ports.forEach(checkPort);
    const open = ports.length === 0 ? DEFAULT_PORTS : ports;
    return new Destination(
      kind,
      name,
      [...new Set(open)].sort((a, b) => a - b),
      withoutContained(ranges),
    );
  }

  private constructor(
    readonly kind: 'host' | 'domain',
    /** Without the leading dot of a domain. */
    readonly name: string,
    readonly ports: readonly number[],
    /** The private ranges that the name may resolve into; none for a name on the public internet. */
    readonly ranges: readonly AddressRange[],
  ) {}

  /**
   * The same destination inside these private address ranges, and nowhere else: the proxy refuses a name that leads to a
   * private address unless its destination says so. For an own S3 bucket behind a VPC endpoint, for example.
   */
  within(...ranges: string[]): Destination {
    const named = ranges.map((range) => AddressRange.parse(range));
    return Destination.of(this.kind, this.name, this.ports, [...this.ranges, ...named]);
  }

  /** The name as it is printed: a domain has a leading dot. */
  get pattern(): string {
    return this.kind === 'domain' ? `.${this.name}` : this.name;
  }

  toString(): string {
    const ranges = this.ranges.length === 0 ? '' : `@${this.ranges.join(',')}`;
    return `${this.pattern}:${this.ports.join(',')}${ranges}`;
  }
}

function parsePort(port: string, text: string): number {
  if (!/^[1-9][0-9]*$/.test(port)) {
    throw new Error(
      `'${text}' has the port '${port}': write numbers separated by commas, as in www.example.org:80,443`,
    );
  }
  return Number(port);
}
