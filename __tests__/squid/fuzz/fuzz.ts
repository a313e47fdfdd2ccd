/**
 * A client that does anything beside one that does what it should: whether the proxy keeps its rules, serves the other, stays
 * within its memory and writes a log that is true.
 */
import { once } from 'node:events';
import { connect as openSocket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { PROXY_HEALTH } from '../../../constructs/values/health-check';
import { openTunnel, request, requestInside } from '../client';
import { docker, logs } from '../docker';
import { type Laboratory, type Proxy, type Reached, startLaboratory } from '../laboratory';
import { as, hashesOf } from '../users';
import { Chance } from './chance';
import { namesIn } from './greeting';
import { GUESSED, scriptOf, type Step, TAMPERED, TARGETS } from './script';

/** Room for every tunnel that the connections below can hold, since those beside them come from the same address. */
const MEMORY = '256m';
const AT_ONCE = 48;
const BESIDE = 'www.example.org';
const LISTED = /(^|\.)example\.org\.?$/i;
/** The platform waits for 5 s, on a machine with less other work. */
const HEALTH_MS = 15_000;

export interface Outcome {
  readonly connections: number;
  /** Of the client that does what it should. */
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

/** Goes on for so long; what connection number so many does follows from the seed alone. */
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

  const state = await docker('inspect', '--format', '{{.State.OOMKilled}} {{.State.Running}}', proxy.container);
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

/** One request and one tunnel; what is wrong with them. */
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

/** A line is JSON of its own, and says of nobody that it was let through who could not be. */
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

/** A name that a tunnel may be asked to: below the listed domain any is, whatever sign stands before that. */
const isTarget = (name: string): boolean =>
  (TARGETS as readonly string[]).includes(name) || TAMPERED.some((sign) => name.endsWith(`${sign}.example.org`));

/** What a site has seen first on a connection is for a host of the list, and by TLS for one that tunnels are asked to. */
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
    // Squid reads names as far as a NUL, and the first of several: docs/security.md.
    const [name] = namesIn(bytes).map((text) => text.split('\0')[0]?.toLowerCase());
    return name !== undefined && isTarget(name) ? [] : fault;
  };
