import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Report } from '../../app/types';
import { APP, type Env, Stage, vcapServices } from './support/stage';
import { LARGE, LARGE_SHA256 } from './support/stand-ins';

/** The application in a separate process, listening. */
class Child {
  readonly log: string[] = [];
  url = '';
  private readonly lines: Interface;
  private readonly silent: Promise<[]>;

  private constructor(private readonly process: ChildProcess) {
    if (process.stdout === null) throw new Error('the application has no output to read');
    this.lines = createInterface({ input: process.stdout }).on('line', (line) => this.log.push(line));
    this.silent = once(this.lines, 'close') as Promise<[]>;
  }

  static async start(command: readonly string[], env: Env): Promise<Child> {
    const [program = '', ...args] = command;
    const started = spawn(program, args, {
      cwd: APP,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, NODE_NO_WARNINGS: '1', PORT: '0', ...env },
      // A separate process group, so that npm's children end with it, and a channel for report-memory.js.
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    const child = new Child(started);
    const [, port = ''] = await child.logged(/^listening on (\d+)$/);
    child.url = `http://127.0.0.1:${port}`;
    return child;
  }

  /** Resolves when a line of the log matches; fails if the application ends without one. */
  async logged(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      for (const line of this.log) {
        const match = pattern.exec(line);
        if (match !== null) return match;
      }
      const [line] = (await Promise.race([once(this.lines, 'line'), this.silent])) as [string?];
      if (line === undefined) throw new Error(`the application ended without ${pattern}: ${this.log.join(' | ')}`);
    }
  }

  /** Its peak memory, in bytes, if the process loads report-memory.js. */
  async peakMemory(): Promise<number> {
    const answered = once(this.process, 'message') as Promise<[{ peak: number }]>;
    this.process.send('peak?');
    return (await answered)[0].peak;
  }

  signal(name: NodeJS.Signals): void {
    this.process.kill(name);
  }

  /** Resolves with the exit code, or the name of the signal that killed it. */
  async ended(): Promise<number | string | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) await once(this.process, 'exit');
    return this.process.exitCode ?? this.process.signalCode;
  }

  /** Ends it and everything that it started, whatever it is doing. */
  async kill(): Promise<void> {
    if (this.process.pid === undefined) return;
    try {
      process.kill(-this.process.pid, 'SIGKILL');
    } catch {
      // The whole group has already ended.
    }
    await this.ended();
  }
}

// These tests start processes and transfer 256 MiB, on a machine that can be busy.
const stage = new Stage();
const children: Child[] = [];
const folder = mkdtempSync(join(tmpdir(), 'egress-demo-'));

afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.kill()));
  await stage.close();
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const PROCFILE = readFileSync(join(APP, 'Procfile'), 'utf8').trim().replace('web: ', '').split(' ');

async function start(command: readonly string[], env: Env = {}): Promise<Child> {
  const child = await Child.start(command, env);
  children.push(child);
  return child;
}

async function sha256(stream: AsyncIterable<unknown>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of stream) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

test('npm start runs the Procfile command instead of its shell, which would not forward a signal', () => {
  const { scripts } = JSON.parse(readFileSync(join(APP, 'package.json'), 'utf8')) as { scripts: { start: string } };
  expect(scripts.start.split(' ')).toEqual(['exec', ...PROCFILE]);
});

test('starts with nothing set, and logs what is missing', async () => {
  const child = await start(PROCFILE);
  expect((await fetch(`${child.url}/healthz`)).status).toBe(200);
  await child.logged(/^problem: EGRESS_PROBES is not set: there is nothing to probe$/);
});

test("trusts the system's certificates, with and without the proxy", async () => {
  const { port, cert } = await stage.s3();
  const { address } = await stage.proxy({ 'www.site.test:443': port });
  writeFileSync(join(folder, 'ca.pem'), cert);
  const probe = { name: 'it', url: 'https://www.site.test/', way: 'proxy', expect: 'reached' };
  const env = { HTTPS_PROXY: address, EGRESS_PROBES: JSON.stringify([probe]) };
  const seen = async (child: Child) =>
    ((await (await fetch(`${child.url}/egress`)).json()) as { probes: [{ detail: string }] }).probes[0].detail;
  expect(await seen(await start(PROCFILE, { ...env, SSL_CERT_FILE: join(folder, 'ca.pem') }))).toBe(
    'HTTP 404 Not Found',
  );
  expect(await seen(await start(PROCFILE, env))).toBe('self-signed certificate');
});

test('streams 64 MiB each to four slow clients without buffering them', async () => {
  const { s3, port } = await stage.s3();
  const { address } = await stage.proxy({ 'bucket.s3.test:443': port });
  const preload = require.resolve('@space-egress/foundation/testing/report-memory.js');
  const child = await start([process.execPath, '--max-old-space-size=64', '--require', preload, 'server.js'], {
    HTTPS_PROXY: address,
    VCAP_SERVICES: vcapServices('s3.test'),
  });
  expect((await fetch(`${child.url}/proxy/small.txt`)).status).toBe(200);
  const before = await child.peakMemory();

  const responses = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const [response] = (await once(http.get(`${child.url}/proxy/large.bin`), 'response')) as [http.IncomingMessage];
      return response;
    }),
  );
  // Nobody reads yet, so when the stand-in stops sending, it has sent as much as all buffers in between hold.
  let held = -1;
  while (held !== s3.sent) {
    held = s3.sent;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  expect(held).toBeLessThan(2 * LARGE);

  for (const response of responses) expect(await sha256(response)).toBe(LARGE_SHA256);
  const peak = await child.peakMemory();
  expect(peak - before).toBeLessThan(1.5 * LARGE);
  expect(peak).toBeLessThan(200 * 1024 * 1024);
});

test('on SIGTERM, finishes what is in progress, keeps accepting for a moment, and exits with 0', async () => {
  const { port } = await stage.s3();
  const { address } = await stage.proxy({ 'bucket.s3.test:443': port });
  const child = await start(PROCFILE, { HTTPS_PROXY: address, VCAP_SERVICES: vcapServices('s3.test') });
  const agent = new http.Agent({ keepAlive: true });
  const [response] = (await once(http.get(`${child.url}/proxy/large.bin`, { agent }), 'response')) as [
    http.IncomingMessage,
  ];
  child.signal('SIGTERM');
  // Wait until the application has received the signal.
  await child.logged(/^SIGTERM: /);
  const late = await fetch(`${child.url}/healthz`);
  expect([late.status, late.headers.get('connection')]).toEqual([200, 'close']);
  expect(await sha256(response)).toBe(LARGE_SHA256);
  expect(await child.ended()).toBe(0);
});

test('npm start passes SIGTERM on', async () => {
  const child = await start(['npm', 'start']);
  child.signal('SIGTERM');
  await child.logged(/^SIGTERM: /);
  await child.ended();
  await expect(fetch(`${child.url}/healthz`)).rejects.toThrow('fetch failed');
});

test('uses TLS to a proxy if its address says so, and verifies its name', async () => {
  const { s3, port: s3Port } = await stage.s3();
  const allowed = { 'bucket.s3.test:443': s3Port, 'www.site.test:80': await stage.site(200) };
  const { proxy, address, cert } = await stage.secureProxy(allowed);
  const trusted = join(folder, 'trusted.pem');
  writeFileSync(trusted, cert);
  const env = {
    HTTP_PROXY: address.replace('https://', 'https://web.1:word@'),
    HTTPS_PROXY: address,
    VCAP_SERVICES: vcapServices('s3.test'),
    EGRESS_PROBES: JSON.stringify([
      { name: 'site', url: 'http://www.site.test/', way: 'proxy', expect: 'reached' },
      { name: 'tunnel', url: 'https://www.other.test/', way: 'proxy', expect: 'refused by proxy' },
      { name: 'bucket', s3: 'small.txt', way: 'proxy', expect: 'reached' },
    ]),
  };
  const seen = async (child: Child) => {
    const { probes } = (await (await fetch(`${child.url}/egress`)).json()) as Report;
    return probes.map(({ seen, detail }) => [seen, detail]);
  };
  expect(await seen(await start(['node', 'server.js'], { ...env, NODE_EXTRA_CA_CERTS: trusted }))).toEqual([
    ['reached', 'HTTP 200 OK'],
    ['refused by proxy', 'the proxy answered 403 (ERR_ACCESS_DENIED 0)'],
    ['reached', 'HTTP 200 OK'],
  ]);
  expect(proxy.authorizations).toContain(`Basic ${Buffer.from('web.1:word').toString('base64')}`);
  expect(s3.asked.length).toBeGreaterThan(0);
  const untrusting = await seen(await start(['node', 'server.js'], env));
  expect(untrusting.map(([what]) => what)).toEqual(['failed', 'failed', 'failed']);
});
