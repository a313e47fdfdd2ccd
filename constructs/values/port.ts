const LOWEST = 1;
const HIGHEST = 65535;
/** The CDK's stand-ins for numbers that only the engine knows are below any number that a program writes. */
const LOWEST_NUMBER = -1e290;

/**
 * A TCP port or a range of ports that a network policy opens.
 *
 * A network policy names the port that the container listens on. Internal routes don't map ports, so clients connect to
 * the same port.
 *
 * @see https://docs.cloudfoundry.org/concepts/understand-cf-networking.html
 */
export class Port {
  /** Where squid listens in the proxy's image. */
  static readonly SQUID = Port.tcp(3128);
  /**
   * Where the platform terminates TLS for port 8080 of a container, and for no other port. A policy for one of the two
   * ports doesn't open the other.
   */
  static readonly TLS = Port.tcp(61443);

  /** Where a proxy with `metrics` serves them. */
  static readonly METRICS = Port.tcp(9301);

  /**
   * One port.
   *
   * @throws unless it is a whole number from 1 to 65535, known at synth
   */
  static tcp(port: number): Port {
    return new Port(port, port);
  }

  /**
   * All ports from the first to the last.
   *
   * @throws unless both are ports, and the first is not after the last
   */
  static tcpRange(first: number, last: number): Port {
    return new Port(first, last);
  }

  /** The only protocol that a policy is made for here. */
  readonly protocol = 'tcp';

  private constructor(
    /** The first port of the range. */
    readonly first: number,
    /** The last port of the range; the first one again for a single port. */
    readonly last: number,
  ) {
    checkPort(first);
    checkPort(last);
    if (first > last) {
      throw new RangeError(`port range ${first}-${last} ends before it begins: write Port.tcpRange(${last}, ${first})`);
    }
  }

  /** The format that the provider expects: `3128` or `8080-8085`. */
  toString(): string {
    return this.first === this.last ? `${this.first}` : `${this.first}-${this.last}`;
  }
}

/** Throws unless the value is a valid port number. */
export function checkPort(port: number): void {
  if (port < LOWEST_NUMBER) {
    throw new RangeError(
      'the port is a token, and its value is known only at deploy time: a port must be known at synth, so pass the number itself',
    );
  }
  if (!Number.isInteger(port) || port < LOWEST || port > HIGHEST) {
    throw new RangeError(`${port} is not a port: give a whole number from ${LOWEST} to ${HIGHEST}`);
  }
}

/** Only root can listen below this port. */
const LOWEST_OF_USERS = 1024;
/** Used by Cloud Foundry's SSH in each container, and by the health check of the proxy's image. */
const TAKEN: readonly number[] = [2222, 3128, 8080];
/** The platform's own proxy listens in each container from this port on. */
const FIRST_OF_PLATFORM = 61_000;
const SHIFT = 10_000;

/**
 * Where an application listens when it forwards to this port of a host: the same port, or a shifted one if that isn't
 * available.
 */
export function forwardPortFor(port: number): Port {
  if (isFree(port)) return Port.tcp(port);
  return Port.tcp(port >= FIRST_OF_PLATFORM ? port - SHIFT : port + SHIFT);
}

/** Throws for a port that such an application can't listen on. */
export function checkForwardPort(port: Port): void {
  if (port.first !== port.last || !isFree(port.first)) {
    throw new RangeError(
      `${port.toString()} is not a port to forward from: give one from ${LOWEST_OF_USERS} to ${FIRST_OF_PLATFORM - 1}, and ` +
        `none of ${TAKEN.join(', ')}`,
    );
  }
}

function isFree(port: number): boolean {
  return LOWEST_OF_USERS <= port && port < FIRST_OF_PLATFORM && !TAKEN.includes(port);
}
