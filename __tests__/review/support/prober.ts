import { request } from 'node:http';
import { PassThrough } from 'node:stream';
import Docker from 'dockerode';
import { PATHS, TARGETS } from './world';

/**
 * What packets did, one answer for each thing tried: `direct,a,host:port`, `policy,a,b,port`, `proxy,a,b,host:port`, and
 * `route,anyone,b,host/path` for what comes from the internet.
 */
export type Seen = ReadonlyMap<string, { readonly reached: boolean; readonly address?: string }>;

/**
 * Tries all at once, and prints `KEY|yes or no|address`; TLS one after the other, since so many programs at once are more than
 * an instance's memory.
 */
const TRY = `
address() { getent ahostsv4 "$1" | { read -r first _; echo "$first"; }; }
direct() {
  local at; at=$(address "$2")
  if timeout 30 bash -c "exec 3<>/dev/tcp/$at/$3" 2>/dev/null; then echo "$1|yes|$at"; else echo "$1|no|$at"; fi
}
request() { printf "CONNECT %s:%s HTTP/1.1\\r\\nHost: %s:%s\\r\\n\\r\\n" "$1" "$2" "$1" "$2"; }
plain() {
  exec 3<>/dev/tcp/$1/3128 || exec 3<>/dev/tcp/$1/8080 || exec 3<>/dev/tcp/$1/3129 || exit
  request "$2" "$3" >&3
  head -n 1 <&3
}
tls() {
  exec 3<>/dev/tcp/$1/61443 || exit
  exec 3>&-
  # It would wait for more than the line, and for as long as it may.
  exec 3< <(exec openssl s_client -quiet -connect "$1:61443" <<<"$(request "$2" "$3")")
  head -n 1 <&3
  kill $!
}
export -f request plain tls
through() {
  local said; said=$(timeout 40 bash -c 'plain "$@"' - "$2" "$3" "$4" 2>/dev/null)
  [ -n "$said" ] || said=$(flock /bin/bash timeout 40 bash -c 'tls "$@"' - "$2" "$3" "$4" 2>/dev/null)
  case "$said" in *" 200 "*) echo "$1|yes|$(address "$3")";; *) echo "$1|no|$(address "$3")";; esac
}
all() {
  while read -r key kind rest; do $kind "$key" $rest & done
  wait
}
all`;

/** The proxy's, or the one with TLS that the platform has before it. */
const POLICY_PORTS = [3128, 8080, 61443];

export class Prober {
  private readonly docker = new Docker();

  /** @param router of the foundation's public routes */
  constructor(
    private readonly foundation: string,
    private readonly router: URL,
  ) {}

  /** What everyone can try who knows an application's public name. */
  async fromOutside(app: string, domain: string): Promise<Seen> {
    const seen = PATHS.map(async (path) => {
      const url = `${app}.${domain}${path}`;
      return [`route,anyone,${app},${url}`, { reached: await this.routed(`${app}.${domain}`, path) }] as const;
    });
    return new Map(await Promise.all(seen));
  }

  /** Whether the router passed the request on: what it answers by itself has a header that says why. */
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

  /** Everything that one application can try: all targets by itself, all applications, all targets through each of them. */
  async from(app: string, peers: readonly string[]): Promise<Seen> {
    const lines = [
      ...TARGETS.map(([host, port]) => `direct,${app},${host}:${port} direct ${host} ${port}`),
      ...peers.flatMap((peer) => [
        ...POLICY_PORTS.map((port) => `policy,${app},${peer},${port} direct ${peer}.apps.internal ${port}`),
        ...TARGETS.map(
          ([host, port]) => `proxy,${app},${peer},${host}:${port} through ${peer}.apps.internal ${host} ${port}`,
        ),
      ]),
    ];
    const output = await this.run(app, `${TRY} <<'END'\n${lines.join('\n')}\nEND\n`);
    const seen = output
      .split(/\r?\n/)
      .map((line) => line.split('|'))
      .filter((fields) => fields.length === 3)
      .map(([key = '', answer, address]) => [key, { reached: answer === 'yes', address }] as const);
    if (seen.length !== lines.length) throw new Error(`${app} tried ${seen.length} of ${lines.length}: ${output}`);
    return new Map(seen);
  }

  private async run(app: string, script: string): Promise<string> {
    const labels = [`space-egress.foundation=${this.foundation}`, 'space-egress.role=app', `space-egress.app=${app}`];
    const [found] = await this.docker.listContainers({ filters: { label: labels } });
    if (found === undefined) throw new Error(`no instance of ${app} runs`);
    const exec = await this.docker.getContainer(found.Id).exec({ Cmd: ['bash', '-c', script], AttachStdout: true });
    // Without a terminal, which would stop whatever reads from it in the background.
    const stream = await exec.start({ hijack: true, stdin: false });
    const output = new PassThrough();
    this.docker.modem.demuxStream(stream, output, output);
    stream.on('end', () => output.end());
    let text = '';
    for await (const chunk of output) text += String(chunk);
    return text;
  }
}
