import { AddressRange, withoutContained } from './address-range';
import { checkDay } from './day';
import { hostName, holds, holdsAll, type NameSet, withoutHeld } from './host-name';
import { checkPort } from './port';
import { type ITellsHosts, ServiceDestination, type ServiceHost } from './service-destination';

const DEFAULT_PORTS: readonly number[] = [443];
const ANY_PROTOCOL = '/tcp';
const ANY_PROTOCOL_AFTER_PORTS = /(:[^:/]*)\/tcp$/;
const END = / until(?: (.*))?$/s;

/**
 * An entry of the allowlist: a host, or a domain and everything below it, with the ports that are open.
 *
 * It prints in exactly one form: `api.example.gov:443`, `.example.org:80,443`, a domain with exceptions
 * `.example.gov!raw.example.gov,.old.example.gov:443`, or a host with the private range that it resolves to,
 * `bucket.vpce-1.s3.us-gov-west-1.vpce.amazonaws.com:443@10.98.0.0/24`. Names are in lower case, as A-labels, without a
 * trailing dot; ports are always printed, in ascending order. A tunnel must carry TLS that names the same host unless
 * the ports are followed by `/tcp`, as in `git.example.org:22/tcp`. A destination that expires prints its last day:
 * `api.example.gov:443 until 2026-12-31`.
 */
export class Destination implements NameSet {
  /**
   * Exactly this host.
   *
   * @param ports default to 443
   */
  static host(name: string, ...ports: number[]): Destination {
    if (name.startsWith('.')) {
      throw new Error(`'${name}' begins with a dot, as a domain does: use Destination.domain, or remove the dot`);
    }
    const host = hostName(name);
    if (!host.includes('.')) {
      throw new Error(
        `'${name}' has no dot, so a resolver's search list could complete it to another name: write the full name`,
      );
    }
    return Destination.of({ kind: 'host', name: host, ports, exceptions: [], ranges: [], nameCheck: true });
  }

  /**
   * A domain: the name itself and all names below it.
   *
   * @param name with or without the leading dot
   * @param ports default to 443
   */
  static domain(name: string, ...ports: number[]): Destination {
    const domain = hostName(name.startsWith('.') ? name.slice(1) : name);
    return Destination.of({ kind: 'domain', name: domain, ports, exceptions: [], ranges: [], nameCheck: true });
  }

  /**
   * A host that is known only from a service's credentials once its broker has answered, such as a brokered bucket or a
   * database. It needs the private range of its addresses: `Destination.fromService(files, 'bucket
   * host').within('10.98.0.0/24')`.
   *
   * @param ports default to 443
   * @throws for a service whose credentials the program itself provides
   */
  static fromService(service: ITellsHosts, what: ServiceHost, ...ports: number[]): ServiceDestination {
    return ServiceDestination.of(service.hostOf(what), ports);
  }

  /**
   * Parses what {@link toString} prints. Without ports, 443 is used. Throws if the text has a part that it can't
   * represent.
   */
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
    /** Whether it is one name, or a name and everything below it. */
    readonly kind: 'host' | 'domain',
    /** The name without a domain's leading dot. */
    readonly name: string,
    /** The open ports, in ascending order. */
    readonly ports: readonly number[],
    /** Names below the domain that aren't part of it: hosts, or domains with a leading dot. */
    readonly exceptions: readonly string[],
    /** The private ranges that the name may resolve to; empty for a name on the public internet. */
    readonly ranges: readonly AddressRange[],
    /** Whether a tunnel must carry TLS that names the requested host. */
    readonly nameCheck: boolean,
    /** The last day on which it is open, in UTC, as in 2026-12-31; undefined if it doesn't expire. */
    readonly end?: string,
  ) {}

  /**
   * The same domain without these names: each a host, or a domain and everything below it with a leading dot. This
   * subtracts from this destination only: another one that includes the name, on the same list or on a client's own,
   * still opens it.
   *
   * The proxy checks the name that a client asks for. An alias of the same server is a different name.
   */
  except(...names: string[]): Destination {
    return this.but({ exceptions: [...this.exceptions, ...names.map((name) => this.exception(name))] });
  }

  /**
   * The same destination, limited to these private address ranges: the proxy refuses a name that resolves to a private
   * address unless its destination names the range. Use it, for example, for your own S3 bucket behind a VPC endpoint.
   */
  within(...ranges: string[]): Destination {
    const named = ranges.map((range) => AddressRange.parse(range));
    return this.but({ ranges: [...this.ranges, ...named] });
  }

  /**
   * The same destination for protocols that don't start with TLS, such as SSH or a database's. Anything that a client
   * sends through such a tunnel goes out: the proxy checks the host's addresses and nothing else.
   */
  withoutNameCheck(): Destination {
    return this.but({ nameCheck: false });
  }

  /**
   * The same destination, open through this day. From midnight UTC on, the proxy refuses it within a minute, without a
   * deployment. Connections that are open then continue; a tunnel can last up to four hours. The checks warn two weeks
   * before.
   *
   * This ends this destination only: another one that includes the name, on the same list or on a client's own, still
   * opens it. If called again, the later call counts.
   *
   * @example Destination.host('old-api.example.gov').until('2026-12-31')
   * @param day the last day on which it is open, in UTC: year, month and day
   * @throws unless it is a calendar day
   */
  until(day: string): Destination {
    return this.but({ end: checkDay(day) });
  }

  /** The name as printed: a domain has a leading dot. */
  get pattern(): string {
    return this.kind === 'domain' ? `.${this.name}` : this.name;
  }

  /** Whether this destination allows everything that the other one allows. */
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
        `'${this.name}' is a single host, so there is nothing to except: except '${text}' from a domain, as in .${this.name}`,
      );
    }
    if (exception === this.pattern) {
      throw new Error(`'${text}' excepts everything in ${this.pattern}: leave the destination out instead`);
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
