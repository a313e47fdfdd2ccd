/**
 * One isolated network namespace with the site, the load, and all proxies. Everything goes over loopback. The site has
 * a public address, so that no proxy must be configured to trust a private one.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import Docker from 'dockerode';
import { docker, LABEL } from '../../__tests__/squid/docker';
import { FOLDER } from './peers';

/** It was reserved for relays that no longer exist (RFC 7526), so it doesn't belong to anyone. */
export const SITE = '192.88.99.200';
/** The network of the proxy itself, so that our proxy accepts these reserved addresses as public. */
export const NETWORK = '192.88.99.0/24';
const SETTINGS = {
  'net.ipv4.ip_local_port_range': '10000 65000',
  // Otherwise, a proxy that opens a thousand connections a second to one address runs out of ports.
  'net.ipv4.tcp_tw_reuse': '1',
  // Every Linux has it. BBR, the default on some machines, paces what it sends, which would distort figures over
  // loopback.
  'net.ipv4.tcp_congestion_control': 'reno',
};

/** The container of a proxy. */
export interface Container {
  readonly image: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Content by path in the container. */
  readonly files?: Readonly<Record<string, string>>;
  readonly arguments?: readonly string[];
  readonly command?: readonly string[];
}

export interface Running {
  readonly container: string;
  readonly port: number;
  /** Milliseconds from the start of the container to the first answer. */
  readonly startMs: number;
}

/** How a client reaches the site. */
export interface Client {
  /** Undefined for a client without a proxy. */
  readonly port?: number;
  readonly credentials?: string;
}

export interface Load {
  readonly perSecond: number;
  readonly bytesPerSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly errors: number;
  /** Including the warm-up. */
  readonly done: number;
  readonly doneBytes: number;
}

const labelled = ['--label', LABEL];

export class Arena {
  private readonly engine = new Docker();

  private constructor(
    private readonly container: string,
    private readonly scratch: string,
  ) {}

  static async open(image: string, scratch: string): Promise<Arena> {
    const container = await docker(
      ...['run', '--detach', '--network', 'none', '--dns', '127.0.0.1', '--cap-add', 'NET_ADMIN', '--user', '0'],
      ...Object.entries(SETTINGS).flatMap(([name, value]) => ['--sysctl', `${name}=${value}`]),
      ...[
        ...labelled,
        image,
        `ip address add ${SITE}/32 dev lo && ip route add ${NETWORK} dev lo && exec load serve ${SITE}`,
      ],
    );
    return new Arena(container, scratch);
  }

  async start(port: number, { image, environment = {}, files = {}, ...rest }: Container): Promise<Running> {
    const folder = join(this.scratch, String(port));
    mkdirSync(folder, { recursive: true });
    const mounts = Object.entries(files).flatMap(([path, text], index) => {
      const file = join(folder, String(index));
      writeFileSync(file, text);
      return ['--volume', `${file}:${path}:ro`];
    });
    const container = await docker(
      ...[
        'run',
        '--detach',
        '--network',
        `container:${this.container}`,
        '--log-driver',
        'none',
        ...labelled,
        ...mounts,
      ],
      ...Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
      ...(rest.arguments ?? []),
      ...[image, ...(rest.command ?? [])],
    );
    const answered = Number(await this.exec('load', 'wait', ...this.flags({ port })));
    const started = Date.parse(await docker('inspect', '--format', '{{.State.StartedAt}}', container));
    return { container, port, startMs: answered - started };
  }

  async stop({ container }: Running): Promise<void> {
    await docker('rm', '--force', '--volumes', container);
  }

  async load(what: string, client: Client, workers: number, ...flags: readonly string[]): Promise<Load> {
    const output = await this.exec('load', what, ...this.flags(client), '-workers', String(workers), ...flags);
    return JSON.parse(output) as Load;
  }

  /** Opens tunnels with TLS inside, and runs some work while they are open. */
  async whileHeld<T>(client: Client, tunnels: number, work: (held: number) => Promise<T>): Promise<T> {
    const flags = [...this.flags(client), '-tls', '-workers', String(tunnels)];
    const holder = spawn('docker', ['exec', '--interactive', this.container, 'load', 'hold', ...flags], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const exited = once(holder, 'exit');
    try {
      const [line] = (await once(createInterface(holder.stdout), 'line')) as [string];
      return await work((JSON.parse(line) as { held: number }).held);
    } finally {
      holder.stdin.end();
      await exited;
      await this.quiet(client);
    }
  }

  /**
   * Waits until both ends of every connection to the proxy and to the site are closed, so that one wave of tunnels doesn't
   * overlap with the next. A proxy can have other connections of its own: squid talks to a helper over one.
   */
  private async quiet({ port }: Client): Promise<void> {
    const states = 'state established state close-wait';
    const ends = [`src ${SITE}`, ...(port === undefined ? [] : [`sport = :${port}`])].join(' or ');
    const open = (): Promise<string> => this.exec('sh', '-c', `ss -Htn ${states} '( ${ends} )' | wc -l`);
    for (let tries = 0; tries < 300 && (await open()) !== '0'; tries += 1) await setTimeout(100);
  }

  /** MiB of all processes in a container together; a file that several of them map counts once. */
  async memoryOf({ container }: Running): Promise<number> {
    // All processes except those of this script.
    const tell = 'for p in /proc/[0-9]*; do [ "${p#/proc/}" = "$$" ] || cat "$p/smaps" 2>/dev/null && echo "end"; done';
    return mebibytesOf(await docker('exec', container, 'sh', '-c', tell));
  }

  /** Microseconds of processor time that all processes in a container have used so far. */
  async processorTimeOf({ container }: Running): Promise<number> {
    const stats = await this.engine.getContainer(container).stats({ stream: false, 'one-shot': true });
    return stats.cpu_stats.cpu_usage.total_usage / 1000;
  }

  /** Gives load and site one processor and the proxy another, as if it were on a separate machine. */
  async apart<T>(running: Running | undefined, work: () => Promise<T>): Promise<T> {
    const place = async (ends: string, proxy: string): Promise<void> => {
      await docker('update', '--cpuset-cpus', ends, this.container);
      if (running) await docker('update', '--cpuset-cpus', proxy, running.container);
    };
    const all = `0-${cpus().length - 1}`;
    await place('0', '1');
    try {
      return await work();
    } finally {
      await place(all, all);
    }
  }

  private flags({ port, credentials }: Client): string[] {
    const proxy = port === undefined ? [] : ['-proxy', `127.0.0.1:${port}`];
    return ['-site', SITE, ...proxy, ...(credentials === undefined ? [] : ['-credentials', credentials])];
  }

  private exec(...command: readonly string[]): Promise<string> {
    return docker('exec', this.container, ...command);
  }
}

/** The files of a peer, by path in its container. */
export const inFolder = (files: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [`${FOLDER}/${name}`, text]));

const KIB_PER_MIB = 1024;

/** The first line of a mapping: addresses, permissions, offset, device, inode, and file. */
const MAPPING = /^[0-9a-f]+-[0-9a-f]+ \S+ (\S+) \S+ \d+ *(.*)$/;
const FIGURE = /^(Rss|Anonymous): +(\d+) kB$/;

/**
 * MiB that processes use together, from their smaps, one after another, each followed by a line `end`. Each process's
 * own pages count. A file's pages count once, as for a container's limit: for the process that has the most of them.
 */
export function mebibytesOf(smaps: string): number {
  let own = 0;
  const files = new Map<string, number>();
  for (const process of smaps.split(/^end$/m)) {
    const mapped = new Map<string, number>();
    let file = '';
    for (const line of process.split('\n')) {
      const [, offset = '', name = ''] = MAPPING.exec(line) ?? [];
      if (offset !== '') file = `${name} ${offset}`;
      const [, figure, kibibytes = '0'] = FIGURE.exec(line) ?? [];
      if (figure === undefined) continue;
      const sign = figure === 'Rss' ? 1 : -1;
      if (sign < 0) own += Number(kibibytes);
      mapped.set(file, (mapped.get(file) ?? 0) + sign * Number(kibibytes));
    }
    for (const [key, kibibytes] of mapped) files.set(key, Math.max(files.get(key) ?? 0, kibibytes));
  }
  return (own + [...files.values()].reduce((sum, one) => sum + one, 0)) / KIB_PER_MIB;
}
