/**
 * TLS between applications. For each container with port 8080, the platform listens on its own port, terminates TLS,
 * and forwards to 8080. No other port has this.
 *
 * @see https://docs.cloudfoundry.org/concepts/understand-cf-networking.html
 */
export const TLS_PORT = 61443;
/** The container's port behind it. */
export const PLAIN_PORT = 8080;

/** The port with TLS in front of a container's port, if it has one. */
export function tlsPortOf(port: number): number | undefined {
  return port === PLAIN_PORT ? TLS_PORT : undefined;
}

/** Throws if a container uses the platform's own port. */
export function checkContainerPorts(ports: readonly number[]): void {
  if (ports.includes(TLS_PORT)) throw new Error(`port ${TLS_PORT} is reserved for container networking`);
}
