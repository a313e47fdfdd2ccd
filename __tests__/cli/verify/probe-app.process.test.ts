import { execFileSync, spawn } from 'node:child_process';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { createInterface } from 'node:readline';
import { script } from '../../../cli/verify/probe-app';
import { waitFor } from '@space-egress/foundation/testing';

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

async function listen(): Promise<number> {
  const server = createServer((socket) => socket.destroy());
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function closedPort(): Promise<number> {
  const port = await listen();
  const server = servers.pop();
  await new Promise((resolve) => server?.close(resolve));
  return port;
}

const programOf = (pid = 0): string =>
  execFileSync('ps', ['-o', 'comm=', '-p', String(pid)], { encoding: 'utf8' }).trim();

/** The script's output until it is done. Then it would sleep, so that its instance doesn't count as crashed. */
async function runScript(targets: Parameters<typeof script>[0]): Promise<string[]> {
  const child = spawn('bash', ['-c', script(targets)], { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  const lines: string[] = [];
  try {
    for await (const line of createInterface(child.stdout)) {
      lines.push(line);
      if (line === 'probes done') break;
    }
    await waitFor(() => Promise.resolve(programOf(child.pid) === 'sleep'), 'the script to sleep');
    return lines;
  } finally {
    process.kill(-(child.pid ?? 0), 'SIGKILL');
  }
}

test('each target has one line, in order: connected, refused or no such name, and then the end', async () => {
  const [open, closed] = [await listen(), await closedPort()];
  const targets = [
    { host: '127.0.0.1', port: open },
    { host: '127.0.0.1', port: closed },
    // An invalid name, which the resolver rejects by itself: a name server can be slow, or its answer can get lost.
    { host: 'nowhere..invalid', port: 80 },
  ];
  const lines = await runScript(targets);
  expect(lines.at(-1)).toBe('probes done');
  const seen = lines.slice(0, -1).map((line) => JSON.parse(line) as { ms: number });
  expect(seen).toEqual([
    { ...targets[0], attempt: 'connected', ms: expect.any(Number) as number },
    { ...targets[1], attempt: 'refused', ms: expect.any(Number) as number },
    { ...targets[2], attempt: 'no such name', ms: expect.any(Number) as number },
  ]);
  expect(seen.every(({ ms }) => ms >= 0)).toBe(true);
});

test('a name with a quote in it is a name, not a command', async () => {
  const [line] = await runScript([{ host: "x'; echo injected; '", port: 80 }]);
  expect(line).toContain('no such name');
});
