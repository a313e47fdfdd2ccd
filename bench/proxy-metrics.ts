/** What the proxy's metrics cost: the same proxy without them, with them, and without them again, in turn. */
import { join } from 'node:path';
import { docker, NAME, removeAll } from '../__tests__/squid/docker';
import { REPOSITORY } from '../tools/platform';
import { type Benchmark, inScratch, type Print } from './benchmark';
import { Arena, type Running } from './proxy/arena';
import { type Contestant, withMetrics } from './proxy/contestants';
import { describeRatio, ratioOf } from './proxy/measures';
import { buildPeers } from './proxy/peers';
import { median } from './times';

const FIRST_PORT = 3101;
const CONNECTIONS = 64;
const MOST = 1.02;

interface Entrant {
  readonly name: string;
  readonly running: Running;
  readonly perSecond: number[];
  /** Microseconds of processor time per request, for all processes in the container. */
  readonly micros: number[];
}

export const benchmark: Benchmark = {
  what: 'this proxy with its metrics and without',
  rounds: 50,
  buildsImages: true,
  run: (rounds, print) =>
    inScratch(async (scratch) => {
      try {
        const ours = `space-egress-bench-${NAME}`;
        const images = { ours, peers: `${ours}-load` };
        await docker('build', '--quiet', '--tag', ours, join(REPOSITORY, 'squid'));
        await buildPeers(ours, images.peers, print, ['load']);
        const arena = await Arena.open(images.peers, scratch);
        const entrants = await startAll(arena, withMetrics(images));
        for (let round = 0; round < rounds; round += 1) {
          for (const entrant of round % 2 === 0 ? entrants : [...entrants].reverse()) await take(arena, entrant);
        }
        await tell(arena, entrants, print);
      } finally {
        await removeAll();
      }
    }),
};

async function startAll(arena: Arena, contestants: readonly Contestant[]): Promise<Entrant[]> {
  const entrants: Entrant[] = [];
  for (const { name, container } of contestants) {
    if (container === undefined) continue;
    const port = FIRST_PORT + entrants.length;
    entrants.push({ name, running: await arena.start(port, container(port)), perSecond: [], micros: [] });
  }
  return entrants;
}

async function take(arena: Arena, { running, perSecond, micros }: Entrant): Promise<void> {
  const before = await arena.processorTimeOf(running);
  const load = await arena.load('requests', { port: running.port }, CONNECTIONS, '-seconds', '1');
  micros.push(((await arena.processorTimeOf(running)) - before) / load.done);
  perSecond.push(load.perSecond);
}

async function tell(arena: Arena, [first, ...others]: readonly Entrant[], print: Print): Promise<void> {
  if (first === undefined) return;
  const idle = await arena.memoryOf(first.running);
  for (const { name, running, perSecond, micros } of others) {
    const cost = median(micros) / median(first.micros);
    const mebibytes = (await arena.memoryOf(running)) - idle;
    print(`${name}, to without:`);
    print(`  requests a second: ${describeRatio(ratioOf(perSecond, first.perSecond))}`);
    print(`  ${cost <= MOST ? '✓' : '✗'} processor time of a request, medians: ${cost.toFixed(3)} (at most ${MOST})`);
    print(`  memory, the files of perl included: ${mebibytes.toFixed(1)} MiB more`);
  }
}
