import { AddressRange, withoutContained } from './address-range';
import { checkDay } from './day';
import { checkPort } from './port';

/** Hosts that a service's credentials name: the fields that make up the name, joined by dots. */
export const SERVICE_HOSTS = {
  'bucket host': ['bucket', 'endpoint'],
  'FIPS bucket host': ['bucket', 'fips_endpoint'],
  host: ['host'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** Which of a service's hosts: its bucket's, its bucket's FIPS endpoint, or the field `host`. */
export type ServiceHost = keyof typeof SERVICE_HOSTS;

/** A host that is known once the service's broker has answered. */
export interface HostOfService {
  /** The path of the service. */
  readonly service: string;
  /** The variable of the proxy's environment that holds the host. */
  readonly variable: string;
  /** A token. Unlike the credentials that it comes from, it isn't sensitive. */
  readonly value: string;
}

/** Anything that knows its hosts, such as {@link Service}. */
export interface ITellsHosts {
  /** The host that its credentials name. */
  hostOf(what: ServiceHost): HostOfService;
}

/**
 * An entry of the allowlist whose host is known only from a service's credentials:
 * `$EGRESS_HOST_FILES_BUCKET:443@10.98.0.0/24`, with the host in the variable of that name. A plan thus shows which
 * service is reachable and where before its host is known. Whatever the broker answers, the proxy accepts it only as a
 * single host within that range; otherwise it doesn't start.
 */
export class ServiceDestination {
  /** @internal */
  static of(host: HostOfService, ports: readonly number[]): ServiceDestination {
    ports.forEach(checkPort);
    return new ServiceDestination(host, ports.length === 0 ? [443] : [...new Set(ports)].sort((a, b) => a - b), []);
  }

  /** Tells it from a destination that the program names itself. */
  readonly kind = 'service';

  private constructor(
    /** The host, as the service tells it. */
    readonly host: HostOfService,
    /** The open ports, in ascending order. */
    readonly ports: readonly number[],
    /** The private ranges that the host may resolve to; an allowlist requires at least one. */
    readonly ranges: readonly AddressRange[],
    private readonly nameCheck = true,
    private readonly end?: string,
  ) {}

  /**
   * Limits the host to these private address ranges.
   *
   * @throws if one of them is not private
   */
  within(...ranges: string[]): ServiceDestination {
    const named = ranges.map((range) => AddressRange.parse(range));
    const all = withoutContained([...this.ranges, ...named]);
    return new ServiceDestination(this.host, this.ports, all, this.nameCheck, this.end);
  }

  /** For protocols that don't start with TLS, such as a database's. */
  withoutNameCheck(): ServiceDestination {
    return new ServiceDestination(this.host, this.ports, this.ranges, false, this.end);
  }

  /**
   * Open through this day, as in {@link Destination.until}.
   *
   * @throws unless it is a calendar day
   */
  until(day: string): ServiceDestination {
    return new ServiceDestination(this.host, this.ports, this.ranges, this.nameCheck, checkDay(day));
  }

  toString(): string {
    const ranges = this.ranges.length === 0 ? '' : `@${this.ranges.join(',')}`;
    const end = this.end === undefined ? '' : ` until ${this.end}`;
    return `$${this.host.variable}:${this.ports.join(',')}${this.nameCheck ? '' : '/tcp'}${ranges}${end}`;
  }
}
