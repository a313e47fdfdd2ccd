import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ProxyVariables } from '../../constructs';
import { dockerVariables } from '../../constructs/proxy-variables';

/** The JDK's own client, whose Authenticator takes the credentials from the address. */
const JAVA = `import java.net.*;
public class Ask {
  public static void main(String[] args) throws Exception {
    Authenticator.setDefault(new Authenticator() {
      protected PasswordAuthentication getPasswordAuthentication() {
        String[] parts = URI.create(System.getenv("HTTPS_PROXY")).getUserInfo().split(":", 2);
        return new PasswordAuthentication(parts[0], parts[1].toCharArray());
      }
    });
    new URL(args[0]).openConnection().connect();
  }
}
`;

const HOST = 'api.example.gov';
const DIRECT = 'web.apps.internal';

let server: Server;
let folder: string;
let environment: NodeJS.ProcessEnv;
let asked: string[];
const sockets = new Set<Socket>();

/** It asks for credentials first, as squid does, and refuses whatever comes. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'proxy-clients-'));
  writeFileSync(join(folder, 'Ask.java'), JAVA);
  server = createServer();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.on('connect', ({ url, headers }, socket) => {
    const [, basic] = /^Basic (.*)$/.exec(headers['proxy-authorization'] ?? '') ?? [];
    if (basic === undefined) {
      socket.end(
        'HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm="egress"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
      );
      return;
    }
    asked.push(`${Buffer.from(basic, 'base64').toString()} ${url ?? ''}`);
    socket.end('HTTP/1.1 403 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = String((server.address() as AddressInfo).port);
  const parts = {
    scheme: 'http',
    host: '127.0.0.1',
    port,
    user: 'web.1',
    password: 'secret',
    noProxy: ['.apps.internal'],
  };
  environment = {
    PATH: process.env.PATH,
    HOME: folder,
    ...dockerVariables({
      uri: `http://web.1:secret@127.0.0.1:${port}`,
      tls: false,
      noProxy: parts.noProxy,
      variables: [],
      presets: ProxyVariables.JAVA.for(parts),
    }),
  };
});

beforeEach(() => {
  asked = [];
});

afterAll(async () => {
  server.close();
  for (const socket of sockets) socket.destroy();
  await once(server, 'close');
  rmSync(folder, { recursive: true, force: true });
});

const CLIENTS: readonly (readonly [name: string, command: string, args: (host: string) => readonly string[]])[] = [
  ['curl', 'curl', (host) => ['--silent', '--max-time', '10', `https://${host}/`]],
  ['git', 'git', (host) => ['ls-remote', `https://${host}/a.git`]],
  ['pip', 'pip', (host) => ['download', '--no-input', '--retries', '0', '--index-url', `https://${host}/`, 'nothing']],
  ['npm', 'npm', (host) => ['view', '--fetch-retries=0', `--registry=https://${host}/`, 'nothing']],
  ['a JDK’s client', 'java', (host) => ['Ask.java', `https://${host}/`]],
];
/** Java needs a compiler for the file. */
const needs = (command: string): string => (command === 'java' ? 'javac' : command);
const isThere = (command: string): boolean => spawnSync('sh', ['-c', 'command -v "$0"', command]).status === 0;

describe.each(CLIENTS)('%s', (_, command, args) => {
  const ask = async (host: string): Promise<void> => {
    await promisify(execFile)(command, args(host), { cwd: folder, env: environment, timeout: 30_000 }).catch(
      () => undefined,
    );
  };
  const run = isThere(needs(command)) ? test : test.skip;

  run(
    'asks the proxy, with its credentials',
    async () => {
      await ask(HOST);
      expect(new Set(asked)).toEqual(new Set([`web.1:secret ${HOST}:443`]));
    },
    60_000,
  );

  run(
    'does not ask it for what is to be asked directly',
    async () => {
      await ask(DIRECT);
      expect(asked).toEqual([]);
    },
    60_000,
  );
});
