import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { Duplex, PassThrough } from 'node:stream';
import { connect } from 'node:tls';
import Docker from 'dockerode';
import { PATHS, TARGETS } from './world';

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
