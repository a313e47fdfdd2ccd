/**
 * A client that sends anything, next to a well-behaved one. Checks that the proxy enforces its rules, serves the other
 * client, stays within its memory, and writes a correct log.
 */
import { once } from 'node:events';
import { connect as openSocket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { PROXY_HEALTH } from '../../../constructs/values/health-check';
import { as, hashesOf, openTunnel, request, requestInside } from '../client';
import { namesIn } from '../client-hello';
import { docker, logs, removeAll, stateOf } from '../docker';
import { type Laboratory, type Proxy, type Reached, startLaboratory } from '../laboratory';
import { Chance, GUESSED, scriptOf, type Step, TAMPERED, TARGETS } from './script';

/** Room for every tunnel that the connections below can hold, because the well-behaved client has the same address. */
const MEMORY = '256m';
const AT_ONCE = 48;
const BESIDE = 'www.example.org';
const LISTED = /(^|\.)example\.org\.?$/i;
/** The platform waits 5 s, but on a machine that is less busy. */
const HEALTH_MS = 15_000;

export interface Outcome {
  readonly connections: number;
  /** Answers to the well-behaved client. */
  readonly served: number;
  /** Connections that a site has seen. */
  readonly reached: number;
  readonly lines: number;
  readonly faults: readonly string[];
}

export const startFuzzing = (): Promise<Laboratory> =>
  startLaboratory(
    (site, privateAddress, nobody) => ({
      'www.example.org': [site],
      '*.example.org': [site],
      'private.example.org': [privateAddress],
      'metadata.example.org': ['169.254.169.254'],
      'missing.example.org': [],
      'www.example.net': [nobody],
      'example.com': [site],
    }),
    { records: true },
  );

/** Runs for this many seconds. The seed alone determines what each connection does. */
export async function fuzz(laboratory: Laboratory, seconds: number, seed: number): Promise<Outcome> {
  const proxy = await laboratory.startProxy({
    allow: ['.example.org:80,443'],
    environment: { EGRESS_CREDENTIALS: hashesOf('web.1', 'web.2', 'batch.1'), MEMORY_LIMIT: MEMORY },
    arguments: ['--memory', MEMORY, '--memory-swap', MEMORY, '--log-driver', 'json-file'],
  });
  const faults: string[] = [];
  const end = Date.now() + seconds * 1000;
  let connections = 0;
  let served = 0;
  const repeat = async (work: () => Promise<void>): Promise<void> => {
    while (Date.now() < end && faults.length < 20) await work();
  };
  const disturb = () => {
    connections += 1;
    return play(proxy, scriptOf(new Chance(seed * 1_000_003 + connections)));
  };
  const behave = async () => {
    const before = connections;
    const fault = await beside(proxy);
    if (fault === undefined) served += 1;
    else faults.push(`beside connections ${before} to ${connections}: ${fault}`);
    await setTimeout(20);
  };
  const check = async () => {
    const status = await Promise.race([
      request(proxy, PROXY_HEALTH).then(({ status }) => status, String),
      setTimeout(HEALTH_MS, 'silent', { ref: false }),
    ]);
    if (status !== 200) faults.push(`health by connection ${connections}: ${status}`);
    await setTimeout(1000);
  };
  await Promise.all([...Array.from({ length: AT_ONCE }, () => repeat(disturb)), repeat(behave), repeat(check)]);

  const state = await stateOf(proxy.container);
  if (state !== 'false true') faults.push(`the container's end: ${state}`);
  const { stdout, stderr } = await logs(proxy.container);
  const lines = stdout.trim().split('\n');
  const seen = await laboratory.reached();
  faults.push(...lines.flatMap(lineFaults), ...seen.flatMap(reachFaults(laboratory.site)));
  faults.push(...stderr.split('\n').filter((line) => /FATAL|assertion|exception|ACL is used in context/i.test(line)));
  await docker('rm', '--force', proxy.container);
  return { connections, served, reached: seen.length, lines: lines.length, faults };
}

async function play({ host, port }: Proxy, steps: readonly Step[]): Promise<void> {
  const socket = openSocket(port, host).on('error', () => undefined);
  socket.resume();
  const closed = once(socket, 'close').catch(() => undefined);
  for (const step of steps) {
    if (socket.destroyed) return;
    if ('send' in step) socket.write(step.send);
    else if ('wait' in step) await setTimeout(step.wait);
    else if ('hear' in step)
      await Promise.race([once(socket, 'data').catch(() => undefined), closed, setTimeout(step.hear)]);
    else if (step.end === 'RST') socket.resetAndDestroy();
    else socket.destroy();
  }
}

/** Sends one request and opens one tunnel. Returns what is wrong with them, if anything. */
async function beside(proxy: Proxy): Promise<string | undefined> {
  const headers = as('web.2');
  try {
    const { status, error } = await request(proxy, `http://${BESIDE}/`, { headers });
    if (status !== 200) return `GET ${status} ${error ?? ''}`;
    const inside = await requestInside(await openTunnel(proxy, `${BESIDE}:443`, headers), BESIDE);
    return inside.status === 200 ? undefined : `tunnel ${inside.status}`;
  } catch (error) {
    return String(error);
  }
}

const known = new Set(['web.1', 'web.2', 'batch.1']);

/** A line must be valid JSON, and must not say that a request was allowed that couldn't be. */
function lineFaults(line: string): string[] {
  try {
    const { host, port, user, verdict, method } = JSON.parse(line) as Record<string, string>;
    if (verdict !== 'allowed') return [];
    const isTrue =
      LISTED.test(host ?? '') && ['80', '443'].includes(port ?? '') && known.has(user ?? '') && method !== 'TRACE';
    return isTrue ? [] : [`the log: ${line}`];
  } catch {
    return [`the log is no JSON: ${JSON.stringify(line)}`];
  }
}

/** Whether a tunnel can be requested to this name: any name below the listed domain, with any character before it. */
const isTarget = (name: string): boolean =>
  (TARGETS as readonly string[]).includes(name) || TAMPERED.some((sign) => name.endsWith(`${sign}.example.org`));

/** The first bytes that a site sees must be for a listed host; in TLS, for one to which tunnels are requested. */
export const reachFaults =
  (site: string) =>
  ({ address, port, first }: Reached): string[] => {
    const bytes = Buffer.from(first, 'base64');
    const fault = [`reached ${address}:${port} with ${JSON.stringify(bytes.toString('latin1').slice(0, 300))}`];
    if (address !== site || ![80, 443].includes(port)) return fault;
    if (bytes[0] !== 0x16) {
      const host = /\r\nHost: ([^\r:]*)/i.exec(bytes.toString('latin1'))?.[1] ?? '';
      return LISTED.test(host) && host !== GUESSED ? [] : fault;
    }
    // Squid reads names up to a NUL, and only the first of several: see docs/security.md.
    const [name] = namesIn(bytes).map((text) => text.split('\0')[0]?.toLowerCase());
    return name !== undefined && isTarget(name) ? [] : fault;
  };

const ROUND_SECONDS = 120;
const SHOWN = 20;

/** `npm run test:proxy-fuzz -- [seconds] [seed]`: one hour by default. */
const main = async (): Promise<number> => {
  const [seconds = 3600, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number);
  console.log(`${seconds} s from seed ${seed}`);
  try {
    const begin = Date.now();
    for (let round = 0; Date.now() - begin < seconds * 1000; round += 1) {
      const laboratory = await startFuzzing();
      const { faults, ...counts } = await fuzz(laboratory, Math.min(ROUND_SECONDS, seconds), seed + round);
      console.log(`seed ${seed + round}: ${JSON.stringify(counts)}, ${faults.length} faults`);
      if (faults.length === 0) continue;
      console.log(faults.slice(0, SHOWN).join('\n'));
      return 1;
    }
    return 0;
  } finally {
    await removeAll();
  }
};

if (require.main === module) {
  void main().then((code) => {
    process.exitCode = code;
  });
}
