/** A proxy beside ours: what it is told, and how it is run. */
export interface Peer {
  readonly name: string;
  /** Its configuration, by file name; they are found in {@link FOLDER}. */
  readonly files: (served: Served) => Readonly<Record<string, string>>;
  /** Run by `sh`; stays in the foreground. */
  readonly command: string;
}

/** What a proxy is asked to be. */
export interface Served {
  readonly port: number;
  readonly destinations: readonly Listed[];
  readonly credentials?: Credentials;
}

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** A destination as far as the peers can say it: none knows a destination's own ports, or what its tunnels hold. */
export interface Listed {
  readonly host: string;
  /** Whether the names below it are meant as well. */
  readonly below: boolean;
  readonly ports: readonly number[];
}

export const FOLDER = '/etc/peer';

/** Reads a line of our own list. */
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
