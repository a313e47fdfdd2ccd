import { AddressRange, withoutContained } from './address-range';
import { checkDay } from './day';
import { checkPort } from './port';

/** What the credentials of a service tell of its hosts: the fields that make the name, joined by dots. */
export const SERVICE_HOSTS = {
  'bucket host': ['bucket', 'endpoint'],
  'FIPS bucket host': ['bucket', 'fips_endpoint'],
  host: ['host'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** Which host of a service: of its bucket, of its bucket by FIPS, or the one that is called `host`. */
export type ServiceHost = keyof typeof SERVICE_HOSTS;

/** A host that is known once the service's broker has answered. */
export interface HostOfService {
  /** The path of the service. */
  readonly service: string;
  /** The variable of the proxy's environment that holds the host. */
  readonly variable: string;
  /** A token; not sensitive, unlike what it is taken from. */
  readonly value: string;
}

/** Whatever tells its hosts, as {@link Service} does. */
export interface ITellsHosts {
  hostOf(what: ServiceHost): HostOfService;
}

/**
 * One line of the allowlist whose host only a service's credentials tell: `$EGRESS_HOST_FILES_BUCKET:443@10.98.0.0/24`, the
 * host itself in the variable of that name. So a plan shows which service may be reached and where, before anybody knows its
 * host; and whatever the broker answers, the proxy takes it for one host within that range, or does not start.
 */
export class ServiceDestination {
  /** @internal */
  static of(host: HostOfService, ports: readonly number[]): ServiceDestination {
    ports.forEach(checkPort);
    return new ServiceDestination(host, ports.length === 0 ? [443] : [...new Set(ports)].sort((a, b) => a - b), []);
  }

  readonly kind = 'service';

  private constructor(
    readonly host: HostOfService,
    readonly ports: readonly number[],
    /** The private ranges that the host may resolve into; a list takes none without. */
    readonly ranges: readonly AddressRange[],
    private readonly nameCheck = true,
    private readonly end?: string,
  ) {}

  /**
   * Inside these private address ranges, and nowhere else.
   *
   * @throws if one of them is not private
   */
  within(...ranges: string[]): ServiceDestination {
    const named = ranges.map((range) => AddressRange.parse(range));
    const all = withoutContained([...this.ranges, ...named]);
    return new ServiceDestination(this.host, this.ports, all, this.nameCheck, this.end);
  }

  /** For protocols that are not TLS from the first byte, as a database's. */
  withoutNameCheck(): ServiceDestination {
    return new ServiceDestination(this.host, this.ports, this.ranges, false, this.end);
  }

  /**
   * Through this day and no longer, as {@link Destination.until}.
   *
   * @throws unless it is a day of the calendar
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
