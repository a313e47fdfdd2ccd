import { AddressRange, withoutContained } from './address-range';
import { hostName } from './host-name';
import { checkPort } from './port';

const DEFAULT_PORTS: readonly number[] = [443];
const ANY_PROTOCOL = '/tcp';
const ANY_PROTOCOL_AFTER_PORTS = /(:[^:/]*)\/tcp$/;

/**
 * One line of the allowlist: a host, or a domain and all below it, with the ports that are open to it.
 *
 * Printed in one way only: `api.example.gov:443`, `.example.org:80,443`, and with the private range that the name
 * resolves into, `bucket.vpce-1.s3.us-gov-west-1.vpce.amazonaws.com:443@10.98.0.0/24`. Lower case, A-labels, no trailing
 * dot, ports always and in ascending order. A tunnel to it must hold TLS that names the same host, unless the ports are
 * followed by `/tcp`: `git.example.org:22/tcp`.
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
    return Destination.of('host', host, ports, [], true);
  }

  /**
   * The name itself and all names below it.
   *
   * @param name with or without the leading dot that it is printed with
   * @param ports default to 443
   */
  static domain(name: string, ...ports: number[]): Destination {
    return Destination.of('domain', hostName(name.startsWith('.') ? name.slice(1) : name), ports, [], true);
  }

  /** Reads what {@link toString} prints; ports may be left out and are 443 then. Throws on a part it could not keep. */
  static parse(text: string): Destination {
    const [written = '', ...ranges] = text.split('@');
    const where = written.replace(ANY_PROTOCOL_AFTER_PORTS, '$1');
    const [, name = where, ports] = /^([^:]*):([^:/]*)$/.exec(where) ?? [];
    const numbers = ports?.split(',').map((port) => parsePort(port, text)) ?? [];
    const destination = name.startsWith('.')
      ? Destination.domain(name, ...numbers)
      : Destination.host(name, ...numbers);
    const within = ranges.length === 0 ? destination : destination.within(...ranges.join('@').split(','));
    return where === written ? within : within.withoutNameCheck();
  }

  private static of(
    kind: Destination['kind'],
    name: string,
    ports: readonly number[],
    ranges: readonly AddressRange[],
    nameCheck: boolean,
  ): Destination {
    ports.forEach(checkPort);
    const open = ports.length === 0 ? DEFAULT_PORTS : ports;
    return new Destination(
      kind,
      name,
      [...new Set(open)].sort((a, b) => a - b),
      withoutContained(ranges),
      nameCheck,
    );
  }

  private constructor(
    readonly kind: 'host' | 'domain',
    /** Without the leading dot of a domain. */
    readonly name: string,
    readonly ports: readonly number[],
    /** The private ranges that the name may resolve into; none for a name on the public internet. */
    readonly ranges: readonly AddressRange[],
    /** Whether a tunnel must hold TLS that names the host which it was asked for. */
    readonly nameCheck: boolean,
  ) {}

  /**
   * The same destination inside these private address ranges, and nowhere else: the proxy refuses a name that leads to a
   * private address unless its destination says so. For an own S3 bucket behind a VPC endpoint, for example.
   */
  within(...ranges: string[]): Destination {
    const named = ranges.map((range) => AddressRange.parse(range));
    return Destination.of(this.kind, this.name, this.ports, [...this.ranges, ...named], this.nameCheck);
  }

  /**
   * The same destination for protocols that are not TLS from the first byte, as SSH or a database's. Whatever a client
   * sends through such a tunnel goes out: the proxy holds it to the host's addresses and to nothing else.
   */
  withoutNameCheck(): Destination {
    return Destination.of(this.kind, this.name, this.ports, this.ranges, false);
  }

  /** The name as it is printed: a domain has a leading dot. */
  get pattern(): string {
    return this.kind === 'domain' ? `.${this.name}` : this.name;
  }

  toString(): string {
    const ranges = this.ranges.length === 0 ? '' : `@${this.ranges.join(',')}`;
    return `${this.pattern}:${this.ports.join(',')}${this.nameCheck ? '' : ANY_PROTOCOL}${ranges}`;
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
