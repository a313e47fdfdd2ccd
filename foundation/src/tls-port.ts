/**
 * TLS between applications: beside each container that has 8080 among its ports the platform answers on a port of its own
 * and passes what comes in on to 8080 in the clear. No other port has this.
 *
 * @see https://docs.cloudfoundry.org/concepts/understand-cf-networking.html
 */
export const TLS_PORT = 61443;
/** What it stands before. */
export const PLAIN_PORT = 8080;

/** The port with TLS in front of a container's port, if it has one. */
export function tlsPortOf(port: number): number | undefined {
  return port === PLAIN_PORT ? TLS_PORT : undefined;
}

/** Throws for a container that wants the platform's port for itself. */
export function checkContainerPorts(ports: readonly number[]): void {
  if (ports.includes(TLS_PORT)) throw new Error(`port ${TLS_PORT} is reserved for container networking`);
}
