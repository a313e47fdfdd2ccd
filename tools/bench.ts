/** `npm run bench -- NAME [--rounds N] [--peer NAME=COMMAND]`: runs one benchmark and describes the machine. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Benchmark, describeMachine } from '../bench/benchmark';
import { ensureBaseImage } from './base-image';
import { ensureContainerEngine } from './container-engine';
import { enter } from './entry';
import { Failure } from './failure';
import { REPOSITORY } from './platform';
import { wrap } from './progress';

export const BENCHMARK_FOLDERS = [join(REPOSITORY, 'bench'), join(REPOSITORY, 'foundation', 'bench')];
const USAGE = 'npm run bench -- NAME [--rounds N] [--peer NAME=COMMAND]';

async function load(name: string): Promise<Benchmark | undefined> {
  const file = BENCHMARK_FOLDERS.map((folder) => join(folder, `${name}.ts`)).find(existsSync);
  if (!/^[a-z-]+$/.test(name) || file === undefined) return undefined;
  return ((await import(file)) as { benchmark?: Benchmark }).benchmark;
}

async function known(): Promise<string> {
  const names = BENCHMARK_FOLDERS.flatMap((folder) => readdirSync(folder)).flatMap(
    (file) => /^([a-z-]+)\.ts$/.exec(file)?.[1] ?? [],
  );
  const benchmarks = await Promise.all(names.map(async (name) => ({ name, benchmark: await load(name) })));
  return benchmarks
    .flatMap(({ name, benchmark }) => (benchmark ? [wrap(`- ${name}: ${benchmark.what}`, '', '  ')] : []))
    .join('\n');
}

async function help(): Promise<string> {
  return `usage: ${USAGE}

${await known()}

--rounds N           how often each is measured, in turns
--peer NAME=COMMAND  another proxy beside the known ones, run by sh: it listens
                     on $PORT and lets through what $ALLOWLIST names`;
}

interface Arguments {
  readonly name: string;
  readonly rounds?: number;
  readonly peers: readonly string[];
}

export function readArguments(args: readonly string[]): Arguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { rounds: { type: 'string' }, peer: { type: 'string', multiple: true, default: [] } },
    allowPositionals: true,
  });
  const { rounds, peer: peers } = values;
  if (rounds !== undefined && !/^[1-9]\d{0,3}$/.test(rounds)) {
    throw new Failure(`${rounds} rounds are not possible`, 'a benchmark runs at least once', USAGE);
  }
  const bad = peers.find((peer) => !/^[^=]+=./.test(peer));
  if (bad !== undefined) throw new Failure(`"${bad}" is not a peer`, 'it has no name or no command', USAGE);
  return { name: positionals[0] ?? '', rounds: rounds === undefined ? undefined : Number(rounds), peers };
}

async function main(args: readonly string[]): Promise<void> {
  const { name, rounds, peers } = readArguments(args);
  const benchmark = await load(name);
  if (benchmark === undefined) {
    const why = `there are\n${await known()}`;
    throw new Failure(name === '' ? 'no benchmark was named' : `no benchmark "${name}"`, why, USAGE);
  }
  if (peers.length > 0 && !benchmark.takesPeers) {
    throw new Failure(`"${name}" takes no peers`, 'it has its own', 'leave --peer out');
  }
  const print = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  print(benchmark.what);
  print(describeMachine());
  if (benchmark.buildsImages) {
    const engine = await ensureContainerEngine(print);
    for (const release of ['bookworm', 'trixie'] as const) await ensureBaseImage(engine, release, print);
  }
  await benchmark.run(rounds ?? benchmark.rounds, print, peers);
}

if (require.main === module) enter(help, main);
