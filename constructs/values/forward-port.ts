import { Port } from './port';

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
