import { execFile, execFileSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { hasEnded, readAnswers, taskCommands, type Line, type Question } from '../../../cli/verify/task-script';

import { createAuthority, issue, type KeyPair } from '@space-egress/foundation/testing';
import { temporaryFolder } from '../../support/temporary-folder';

const run = promisify(execFile);

/** Each is tested as the only program in an image; another image has none of them. */
const PROGRAMS = ['bash', 'node', 'python3', 'curl'] as const;

/** Too long for a name, so the resolver rejects it by itself: a name server can be slow, or its answer can get lost. */
const NO_NAME = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(62)}`;

let folder: string;
let servers: Server[];

beforeEach(() => {
  folder = temporaryFolder();
  servers = [];
});

afterEach(async () => {
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
});

/** The program itself, not the wrapper of a version manager. */
const pathOf = (program: string): string => {
  if (program === 'node') return process.execPath;
  if (program === 'python3') {
    return execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim();
  }
  return execFileSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim();
};

const has = (program: string): boolean => {
  try {
    return pathOf(program) !== '';
  } catch {
    return false;
  }
};

async function listen(answer = '', tls?: KeyPair): Promise<{ port: number; heard: string[] }> {
  const heard: string[] = [];
  const serve = (socket: Socket): void => {
    socket.on('error', () => undefined);
    if (answer === '') socket.end();
    let head = '';
    socket.on('data', (data) => {
      head += String(data);
      if (!head.endsWith('\r\n\r\n')) return;
      heard.push(head);
      socket.end(answer);
    });
  };
  const server = tls ? createTlsServer({ cert: tls.certificate, key: tls.key }, serve) : createServer(serve);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, heard };
}

async function closedPort(): Promise<number> {
  const { port } = await listen();
  await new Promise((resolve) => servers.pop()?.close(resolve));
  return port;
}

/** Runs it as the platform does, in an image that has only these programs. */
async function runIn(
  programs: readonly string[],
  questions: readonly Question[],
  env: NodeJS.ProcessEnv = {},
): Promise<Line[]> {
  for (const program of programs) symlinkSync(pathOf(program), join(folder, program));
  const lines: Line[] = [];
  for (const command of taskCommands(questions)) {
    const { stdout } = await run('/bin/sh', ['-c', command], { env: { PATH: folder, ...env } });
    lines.push(...stdout.split('\n').map((text, index) => ({ at: index, text })));
  }
  return lines;
}

describe.each(PROGRAMS.filter(has))('with %s', (program) => {
  test.each([
    ['alone', []],
    ['and the usual tools', ['getent', 'timeout', 'base64', 'tr']],
  ])('%s each question is answered: connected, refused, no such name', async (_what, tools) => {
    const [open, closed] = [await listen('HTTP/1.1 200 OK\r\n\r\n'), await closedPort()];
    const lines = await runIn(
      [program, ...tools],
      [
        { way: 'direct', host: '127.0.0.1', port: open.port },
        { way: 'direct', host: '127.0.0.1', port: closed },
        { way: 'direct', host: NO_NAME, port: 80 },
        { way: 'proxy', host: 'www.example.com', port: 443 },
      ],
    );
    expect(hasEnded(lines)).toBe(true);
    const answers = readAnswers(lines);
    expect([0, 1, 2, 3].map((index) => answers.get(index)?.what)).toEqual([
      'connected',
      'refused',
      'no such name',
      'not asked',
    ]);
    expect(answers.get(0)?.address).toBe(tools.length === 0 ? undefined : '127.0.0.1');
  });

  test('the proxy of its variables is asked for a tunnel, with the credentials of its address', async () => {
    const { port, heard } = await listen('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
    const lines = await runIn([program, 'base64', 'tr'], [{ way: 'proxy', host: 'www.example.com', port: 443 }], {
      EGRESS_PROXY_URI: `http://me:secret@127.0.0.1:${port}`,
    });
    expect(readAnswers(lines).get(0)).toMatchObject({ what: 'connected', status: 403 });
    expect(heard).toHaveLength(1);
    expect(heard[0]).toMatch(/^CONNECT www\.example\.com:443 HTTP\/1\.1\r\nHost: www\.example\.com:443\r\n/);
    expect(heard[0]).toContain(`Proxy-Authorization: Basic ${Buffer.from('me:secret').toString('base64')}\r\n`);
    expect(JSON.stringify(lines)).not.toContain('secret');
  });
});

describe.each(PROGRAMS.filter((program) => program !== 'bash' && has(program)))(
  'to a proxy at https:// with %s',
  (program) => {
    test.each([
      ['is asked in TLS, and other addresses are not', true, { what: 'connected', status: 407 }],
      ['that the program does not trust is not asked', false, { what: 'unclear' }],
    ])('one %s', async (_what, trusted, expected) => {
      const authority = await createAuthority('authority of test');
      const file = join(folder, 'authority.pem');
      writeFileSync(file, authority.certificate);
      const answer = 'HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n';
      const { port, heard } = await listen(answer, await issue(authority, ['localhost']));
      const plain = await listen();
      const lines = await runIn(
        [program, 'base64', 'tr'],
        [
          { way: 'proxy', host: 'www.example.com', port: 443 },
          { way: 'direct', host: '127.0.0.1', port: plain.port },
        ],
        {
          HTTPS_PROXY: `https://me:secret@localhost:${port}`,
          ...(trusted && { NODE_EXTRA_CA_CERTS: file, SSL_CERT_FILE: file }),
        },
      );
      const answers = readAnswers(lines);
      expect(answers.get(0)).toMatchObject(expected);
      expect(answers.get(1)?.what).toBe('connected');
      expect(heard).toHaveLength(trusted ? 1 : 0);
      expect(JSON.stringify(lines)).not.toContain('secret');
    });
  },
);

test('in an image with nothing that talks TLS the question is not asked', async () => {
  const lines = await runIn(['bash'], [{ way: 'proxy', host: 'www.example.com', port: 443 }], {
    HTTPS_PROXY: 'https://proxy.apps.internal:61443',
  });
  expect(readAnswers(lines).get(0)).toMatchObject({ what: 'not asked', said: 'none of: node python3 curl' });
});

test('an image that has none of the programs says so', async () => {
  const lines = await runIn([], [{ way: 'direct', host: '127.0.0.1', port: 80 }]);
  expect(readAnswers(lines).get(0)).toMatchObject({
    what: 'not asked',
    said: 'none of: bash node python3 curl nc',
  });
});

test.each(["x'; echo injected; '", '$(id)', 'a b', '-x', '', 'x\nE'])("%j isn't accepted as a host", (host) => {
  expect(() => taskCommands([{ way: 'direct', host, port: 80 }])).toThrow('is not a valid HOST:PORT');
});

test('no command is longer than the platform takes, and each question is in exactly one of them', () => {
  const questions = Array.from({ length: 300 }, (_, index): Question => ({
    way: 'direct',
    host: `${'a'.repeat(60)}.host-${index}.example`,
    port: 443,
  }));
  const commands = taskCommands(questions);
  expect(commands.every((command) => command.length <= 4096)).toBe(true);
  expect(commands.join('').match(/^\d+ direct /gm)).toHaveLength(300);
});

test('durations come from the times of the lines, and nothing from a proxy reaches the terminal unescaped', () => {
  const answers = readAnswers([
    { at: 1000, text: 'egress-probe begin' },
    { at: 1000.5, text: 'a line of a profile script' },
    { at: 1003.25, text: 'egress-probe 0 0 203.0.113.9 ' },
    { at: 1004.5, text: 'egress-probe 1 1 - \u001b[31mred' },
  ]);
  expect(answers.get(0)).toEqual({ what: 'connected', address: '203.0.113.9', said: '', milliseconds: 3.25 });
  expect(answers.get(1)).toEqual({ what: 'unclear', said: '[31mred', milliseconds: 1.25 });
});
