import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { Duplex, PassThrough } from 'node:stream';
import { connect } from 'node:tls';
import Docker from 'dockerode';
import { PATHS, TARGETS } from './world';
import type { Change } from '../../../review/difference/change';
import { plain } from '../../../review/phrase';

/**
 * The results of all attempts, tested with packets: `direct,a,host:port`; `policy,a,b,port`; `proxy,a,b,host:port`,
 * with a request or with TLS that names the host; `tunnel,a,b,host:port`, with anything else; and
 * `route,anyone,b,host/path` from the internet.
 */
export type Seen = ReadonlyMap<string, { readonly reached: boolean; readonly address?: string }>;

const PROBE = readFileSync(join(__dirname, 'probe.pl'), 'utf8');

/** The proxy's ports, and the platform's port with TLS in front of it. */
const POLICY_PORTS = [3128, 8080, 61443];
/** A name that no site here has; every site answers it anyway. */
const ANOTHER = 'another.example.edu';

export class Prober {
  private readonly docker = new Docker();

  /** @param router of the foundation's public routes */
  constructor(
    private readonly foundation: string,
    private readonly router: URL,
  ) {}

  /** What anyone who knows an application's public name can try. */
  async fromOutside(app: string, domain: string): Promise<Seen> {
    const seen = PATHS.map(async (path) => {
      const url = `${app}.${domain}${path}`;
      return [`route,anyone,${app},${url}`, { reached: await this.routed(`${app}.${domain}`, path) }] as const;
    });
    return new Map(await Promise.all(seen));
  }

  /** Whether the router forwarded the request; the router's own answers have a header with the reason. */
  private routed(host: string, path: string): Promise<boolean> {
    const { hostname, port } = this.router;
    return new Promise((resolve, reject) => {
      request({ hostname, port, path: path === '' ? '/' : path, headers: { host } }, (response) => {
        response.resume();
        resolve(response.headers['x-cf-routererror'] === undefined);
      })
        .on('error', reject)
        .end();
    });
  }

  /**
   * Everything that one application can try: all targets directly, all applications, and all targets through each of
   * them.
   */
  async from(app: string, peers: readonly string[]): Promise<Seen> {
    const another = await greeting(ANOTHER);
    const targets = await Promise.all(
      TARGETS.map(async ([host, port]) => ({ host, port, tls: await greeting(host), isTls: port !== 80 })),
    );
    const lines = [
      ...TARGETS.map(([host, port]) => `direct,${app},${host}:${port} direct ${host} ${port}`),
      ...peers.flatMap((peer) => [
        ...POLICY_PORTS.map((port) => `policy,${app},${peer},${port} direct ${peer}.apps.internal ${port}`),
        ...targets.flatMap(({ host, port, tls, isTls }) => {
          const through = `${peer}.apps.internal ${host} ${port}`;
          return [
            `proxy,${app},${peer},${host}:${port} ${isTls ? 'tls' : 'request'} ${through} ${tls}`,
            `tunnel,${app},${peer},${host}:${port} ${isTls ? 'tls' : 'plain'} ${through} ${another}`,
          ];
        }),
      ]),
    ];
    const output = await this.run(app, lines.join('\n'));
    const seen = output
      .split(/\r?\n/)
      .map((line) => line.split('|'))
      .filter((fields) => fields.length === 3)
      .map(([key = '', answer, address]) => [key, { reached: answer === 'yes', address }] as const);
    if (seen.length !== lines.length) throw new Error(`${app} tried ${seen.length} of ${lines.length}: ${output}`);
    return new Map(seen);
  }

  private async run(app: string, lines: string): Promise<string> {
    const labels = [`space-egress.foundation=${this.foundation}`, 'space-egress.role=app', `space-egress.app=${app}`];
    const [found] = await this.docker.listContainers({ filters: { label: labels } });
    if (found === undefined) throw new Error(`no instance of ${app} runs`);
    // Lines with many ClientHellos are longer than an argument can be.
    const script = `exec 3<<'PROBE'\n${PROBE}\nPROBE\nexec perl /dev/fd/3`;
    const exec = await this.docker.getContainer(found.Id).exec({
      Cmd: ['bash', '-c', script],
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
    });
    const stream = await exec.start({ hijack: true, stdin: true });
    const output = new PassThrough();
    this.docker.modem.demuxStream(stream, output, output);
    stream.on('end', () => output.end());
    stream.end(`${lines}\n`);
    let text = '';
    for await (const chunk of output) text += String(chunk);
    return text;
  }
}

/**
 * The ClientHello of TLS 1.2, in hexadecimal. Its answer contains the certificate in clear text, which distinguishes a
 * site from a proxy that answers in its place.
 */
function greeting(servername: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _, done) => {
        resolve(chunk.toString('hex'));
        done();
      },
    });
    connect({ socket, servername, maxVersion: 'TLSv1.2' }).on('error', () => undefined);
  });
}

const CHECKED_NOW = 'only TLS that names it goes on';

/**
 * Probes that changed and that no row of the review reports.
 *
 * @param isForeign whether a probe goes through a program other than the proxy, for which the model knows only the
 *   clients
 */
export function unreported(
  changes: readonly Change[],
  before: Seen,
  after: Seen,
  isForeign: (key: string) => boolean,
): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((key) => {
    const [had, has] = [before.get(key)?.reached ?? false, after.get(key)?.reached ?? false];
    if (had === has || changes.some((change) => tells(change, key, has, isForeign(key)))) return [];
    return [`${key}: ${has ? 'gained' : 'lost'}, and no row says so`];
  });
}

/** Whether a row is about what a probe tried. */
function tells(change: Change, key: string, isGain: boolean, isForeign: boolean): boolean {
  const { verdict, way, who, via = '', what, note = '' } = change;
  const [kind = '', from = '', to = '', target = ''] = key.split(',');
  // The row about what another program reaches is also about its clients.
  if (isForeign && way === 'direct' && who.map(lastPart).includes(to)) return verdict === (isGain ? 'opens' : 'closes');
  if (!who.map(lastPart).includes(from)) return false;
  if (kind === 'direct') return way === 'direct' && verdict === (isGain ? 'opens' : 'closes');
  if (kind === 'logs') return way === 'logs' && verdict === (isGain ? 'opens' : 'closes') && plain(what) === to;
  if (lastPart(via) !== to) return false;
  if (kind === 'policy' || kind === 'route') return way === kind && verdict === (isGain ? 'opens' : 'closes');
  if (isForeign && way === 'policy') return verdict === (isGain ? 'opens' : 'closes');
  // Another program, or a proxy that no longer requires credentials, can allow everything.
  if (verdict === 'unknown') return way === 'program' || way === 'proxy';
  if (way !== 'proxy' || verdict !== (isGain ? 'opens' : 'closes') || !names(plain(what), target)) return false;
  if (kind === 'tunnel') return !isGain || /\/tcp|^everything public/.test(plain(what));
  return plain(note) !== CHECKED_NOW;
}

/** Whether `.example.org:80,443/tcp but www.example.org` names `git.example.org:443`. */
function names(what: string, target: string): boolean {
  if (what.startsWith('everything public')) return true;
  const [host = '', port = ''] = target.split(':');
  const [, pattern = '', ports = '', but = ''] =
    /^(.+?):([0-9,-]+)(?:\/tcp)?(?: but (.+?))?(?: at .+?)?(?: for .+)?$/.exec(what) ?? [];
  const isNamed = (name: string): boolean =>
    name === 'any name' || name === host || (name.startsWith('.') && (host.endsWith(name) || name === `.${host}`));
  const isPort = ports.split(',').some((range) => {
    const [first = '', last = first] = range.split('-');
    return Number(first) <= Number(port) && Number(port) <= Number(last);
  });
  return isPort && isNamed(pattern) && !but.split(', ').some(isNamed);
}

function lastPart(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1);
}
