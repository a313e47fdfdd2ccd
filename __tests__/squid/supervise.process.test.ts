import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { freePort } from '@space-egress/foundation/testing';

const SQUID = join(__dirname, '../../squid');

let folder: string;
let script: ChildProcess | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'space-egress-squid-'));
  await symlink(SQUID, join(folder, 'home'));
});

afterEach(async () => {
  try {
    if (script?.pid !== undefined) process.kill(-script.pid, 'SIGKILL');
  } catch {
    // All its processes have already ended.
  }
  await rm(folder, { recursive: true });
});

/**
 * Runs the script with a program instead of squid that opens its log by name, as squid does. Returns how both ended.
 */
async function supervise(metrics: string, perl = '/usr/bin/perl') {
  await writeFile(join(folder, 'metrics'), metrics);
  await symlink(perl, join(folder, 'perl'));
  const squid = `echo begun >${folder}/begun; echo logged >/dev/stdout`;
  const started = spawn('sh', [join(SQUID, 'supervise'), folder, 'sh', '-c', squid], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  script = started;
  const printed = [text(started.stdout), text(started.stderr)];
  const [code] = (await once(started, 'exit')) as [number | null];
  const [stdout, stderr] = await Promise.all(printed);
  const begun = await readFile(join(folder, 'begun'), 'utf8').catch(() => '');
  return { code, stdout, stderr, begun: begun !== '' };
}

test('the log goes through the program that counts it', async () => {
  const { stdout, begun } = await supervise(`${await freePort()} 300 100\n`);
  expect({ stdout, begun }).toEqual({ stdout: 'logged\n', begun: true });
});

test("if the program that counts the log can't listen, the proxy ends with the reason instead of hanging", async () => {
  const taken = createServer().listen(0, '0.0.0.0');
  await once(taken, 'listening');
  try {
    const { port } = taken.address() as { port: number };
    const { code, stderr, begun } = await supervise(`${port} 300 100\n`);
    expect({ code, begun }).toEqual({ code: 1, begun: false });
    expect(stderr).toMatch(
      new RegExp(
        `^egress-proxy: metrics: cannot listen on port ${port}: .*\negress-proxy: what counts the log did not`,
      ),
    );
  } finally {
    taken.close();
  }
});

test('if there is no program to count the log, the proxy ends instead of hanging', async () => {
  const { code, stderr, begun } = await supervise('9301 300 100\n', join('/nowhere', 'perl'));
  expect({ code, begun }).toEqual({ code: 1, begun: false });
  expect(stderr).toContain('egress-proxy: what counts the log did not start');
});
