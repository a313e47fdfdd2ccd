/** A proxy to compare with: its configuration and how to run it. */
export interface Peer {
  readonly name: string;
  /** Its configuration, by file name; the files are in {@link FOLDER}. */
  readonly files: (served: Served) => Readonly<Record<string, string>>;
  /** Run by `sh`; stays in the foreground. */
  readonly command: string;
}

/** What a proxy is configured for. */
export interface Served {
  readonly port: number;
  readonly destinations: readonly Listed[];
  readonly credentials?: Credentials;
}

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/**
 * A destination as far as the peers can express it: none supports ports per destination or checks the content of
 * tunnels.
 */
export interface Listed {
  readonly host: string;
  /** Whether names below it are included. */
  readonly below: boolean;
  readonly ports: readonly number[];
}

export const FOLDER = '/etc/peer';

/** Parses a line of our own list. */
export function listed(line: string): Listed {
  const [, dot, host, ports] = /^(\.?)([^:]+):([\d,]+)/.exec(line) ?? [];
  if (host === undefined || ports === undefined)
    throw new Error(`'${line}' is not a destination: write HOST:PORT,PORT`);
  return { host, below: dot === '.', ports: ports.split(',').map(Number) };
}

/** The ports of all destinations together. */
export const portsOf = (destinations: readonly Listed[]): number[] =>
  [...new Set(destinations.flatMap(({ ports }) => ports))].sort((a, b) => a - b);

export const lines = (...texts: readonly string[]): string => texts.map((text) => `${text}\n`).join('');
