import { AddressRange, withoutContained } from './address-range';
import { checkDay } from './day';
import { hostName } from './host-name';
import { holds, holdsAll, type NameSet, withoutHeld } from './name-pattern';
import { checkPort } from './port';
import { type ITellsHosts, ServiceDestination, type ServiceHost } from './service-destination';

const DEFAULT_PORTS: readonly number[] = [443];
const ANY_PROTOCOL = '/tcp';
const ANY_PROTOCOL_AFTER_PORTS = /(:[^:/]*)\/tcp$/;
const END = / until(?: (.*))?$/s;

/**
 * One line of the allowlist: a host, or a domain and all below it, with the ports that are open to it.
 *
 * Printed in one way only: `api.example.gov:443`, `.example.org:80,443`, a domain without some of its names
 * `.example.gov!raw.example.gov,.old.example.gov:443`, and with the private range that the name resolves into,
 * `bucket.vpce-1.s3.us-gov-west-1.vpce.amazonaws.com:443@10.98.0.0/24`. Lower case, A-labels, no trailing dot, ports
 * always and in ascending order. A tunnel to it must hold TLS that names the same host, unless the ports are followed by
 * `/tcp`: `git.example.org:22/tcp`. One that ends by itself says its last day: `api.example.gov:443 until 2026-12-31`.
 */
export class Destination implements NameSet {
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
    return Destination.of({ kind: 'host', name: host, ports, exceptions: [], ranges: [], nameCheck: true });
  }

  /**
   * The name itself and all names below it.
   *
   * @param name with or without the leading dot that it is printed with
   * @param ports default to 443
   */
  static domain(name: string, ...ports: number[]): Destination {
    const domain = hostName(name.startsWith('.') ? name.slice(1) : name);
    return Destination.of({ kind: 'domain', name: domain, ports, exceptions: [], ranges: [], nameCheck: true });
  }

  /**
   * A host that only the credentials of a service tell, once its broker has answered: of a brokered bucket, of a database. It
   * needs the private range that it lies in: `Destination.fromService(files, 'bucket host').within('10.98.0.0/24')`.
   *
   * @param ports default to 443
   * @throws for a service whose credentials are the program's own
   */
  static fromService(service: ITellsHosts, what: ServiceHost, ...ports: number[]): ServiceDestination {
    return ServiceDestination.of(service.hostOf(what), ports);
  }

  /** Reads what {@link toString} prints; ports may be left out and are 443 then. Throws on a part it could not keep. */
  static parse(text: string): Destination {
    const [ending, end = ''] = END.exec(text) ?? [];
    if (ending !== undefined) return Destination.parse(text.slice(0, -ending.length)).until(end);
    const [written = '', ...ranges] = text.split('@');
    const where = written.replace(ANY_PROTOCOL_AFTER_PORTS, '$1');
    const [, names = where, ports] = /^([^:]*):([^:/]*)$/.exec(where) ?? [];
    const [name = '', ...exceptions] = names.split('!');
    const numbers = ports?.split(',').map((port) => parsePort(port, text)) ?? [];
    const whole = name.startsWith('.') ? Destination.domain(name, ...numbers) : Destination.host(name, ...numbers);
    const destination = exceptions.length === 0 ? whole : whole.except(...exceptions.join('!').split(','));
    const within = ranges.length === 0 ? destination : destination.within(...ranges.join('@').split(','));
    return where === written ? within : within.withoutNameCheck();
  }

  private static of({ kind, name, ports, exceptions, ranges, nameCheck, end }: Parts): Destination {
    ports.forEach(checkPort);
    const open = ports.length === 0 ? DEFAULT_PORTS : ports;
    return new Destination(
      kind,
      name,
      [...new Set(open)].sort((a, b) => a - b),
      withoutHeld(exceptions),
      withoutContained(ranges),
      nameCheck,
      end,
    );
  }

  private constructor(
    readonly kind: 'host' | 'domain',
    /** Without the leading dot of a domain. */
    readonly name: string,
    readonly ports: readonly number[],
    /** Names below the domain that are not part of it: hosts, or with a leading dot domains. */
    readonly exceptions: readonly string[],
    /** The private ranges that the name may resolve into; none for a name on the public internet. */
    readonly ranges: readonly AddressRange[],
    /** Whether a tunnel must hold TLS that names the host which it was asked for. */
    readonly nameCheck: boolean,
    /** The last day on which it is open, in UTC, as 2026-12-31; undefined if it has none. */
    readonly end?: string,
  ) {}

  /**
   * The same domain without these names: a host, or with a leading dot a domain and all below it. It subtracts from this
   * destination only: another one that lists the name, on the same list or on a client's own, still opens it.
   *
   * The proxy goes by the name that it is asked for. A second name of the same server is another name.
   */
  except(...names: string[]): Destination {
    return this.but({ exceptions: [...this.exceptions, ...names.map((name) => this.exception(name))] });
  }

  /**
   * The same destination inside these private address ranges, and nowhere else: the proxy refuses a name that leads to a
   * private address unless its destination says so. For an own S3 bucket behind a VPC endpoint, for example.
   */
  within(...ranges: string[]): Destination {
    const named = ranges.map((range) => AddressRange.parse(range));
    return this.but({ ranges: [...this.ranges, ...named] });
  }

  /**
   * The same destination for protocols that are not TLS from the first byte, as SSH or a database's. Whatever a client
   * sends through such a tunnel goes out: the proxy holds it to the host's addresses and to nothing else.
   */
  withoutNameCheck(): Destination {
    return this.but({ nameCheck: false });
  }

  /**
   * The same destination through this day, and no longer: from midnight UTC on the proxy refuses it, within a minute and without
   * a deployment. What is open at that moment goes on; a tunnel can for four hours. The checks warn two weeks before.
   *
   * It ends this destination only: another one that lists the name, on the same list or on a client's own, still opens it. Said
   * again, the later call holds.
   *
   * @example Destination.host('old-api.example.gov').until('2026-12-31')
   * @param day the last one on which it is open, in UTC: year, month and day
   * @throws unless it is a day of the calendar
   */
  until(day: string): Destination {
    return this.but({ end: checkDay(day) });
  }

  /** The name as it is printed: a domain has a leading dot. */
  get pattern(): string {
    return this.kind === 'domain' ? `.${this.name}` : this.name;
  }

  /** Whether this one allows all that the other one does. */
  covers(other: Destination): boolean {
    if (this.nameCheck && !other.nameCheck) return false;
    if (this.end !== undefined && (other.end === undefined || other.end > this.end)) return false;
    if (!holdsAll(this, other) || !other.ports.every((port) => this.ports.includes(port))) return false;
    return this.ranges.length === 0 || other.ranges.length === 0
      ? this.ranges.length === other.ranges.length
      : other.ranges.every((range) => this.ranges.some((own) => own.contains(range)));
  }

  toString(): string {
    const exceptions = this.exceptions.length === 0 ? '' : `!${this.exceptions.join(',')}`;
    const ranges = this.ranges.length === 0 ? '' : `@${this.ranges.join(',')}`;
    const end = this.end === undefined ? '' : ` until ${this.end}`;
    return `${this.pattern}${exceptions}:${this.ports.join(',')}${this.nameCheck ? '' : ANY_PROTOCOL}${ranges}${end}`;
  }

  private but(change: Partial<Parts>): Destination {
    const { kind, name, ports, exceptions, ranges, nameCheck, end } = this;
    return Destination.of({ kind, name, ports, exceptions, ranges, nameCheck, end, ...change });
  }

  private exception(text: string): string {
    const exception = text.startsWith('.') ? `.${hostName(text.slice(1))}` : hostName(text);
    if (this.kind === 'host') {
      throw new Error(
        `'${this.name}' is one host and has no names to except: except '${text}' from a domain, as in .${this.name}`,
      );
    }
    if (exception === this.pattern) {
      throw new Error(`'${text}' excepts all of ${this.pattern}: leave the destination out instead`);
    }
    if (!holds(this.pattern, exception)) {
      throw new Error(
        `'${text}' is not below ${this.pattern}, so there is nothing to except: name a host or domain there`,
      );
    }
    return exception;
  }
}

type Parts = Pick<Destination, 'kind' | 'name' | 'ports' | 'exceptions' | 'ranges' | 'nameCheck' | 'end'>;

function parsePort(port: string, text: string): number {
  if (!/^[1-9][0-9]*$/.test(port)) {
    throw new Error(
      `'${text}' has the port '${port}': write numbers separated by commas, as in www.example.org:80,443`,
    );
  }
  return Number(port);
}
