import { Port } from './port';

/** Below, only root may listen. */
const LOWEST_OF_USERS = 1024;
/** Of Cloud Foundry's SSH in each container, and of the health check of the proxy's image. */
const TAKEN: readonly number[] = [2222, 3128, 8080];
/** From here on the platform's own proxy listens in each container. */
const FIRST_OF_PLATFORM = 61_000;
const SHIFT = 10_000;

/** Where an application listens that forwards to this port of a host: the same one, or one beside where that can't be. */
export function forwardPortFor(port: number): Port {
  if (isFree(port)) return Port.tcp(port);
  return Port.tcp(port >= FIRST_OF_PLATFORM ? port - SHIFT : port + SHIFT);
}

/** Throws for a port that such an application can't have. */
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
