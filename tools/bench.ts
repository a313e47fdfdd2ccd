/** `npm run bench -- NAME [--rounds N]`: one benchmark of `bench/`, with the machine that its figures come from. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Benchmark } from '../bench/benchmark';
import { describeMachine } from '../bench/machine';
import { Failure } from './failure';
import { REPOSITORY } from './platform';
import { endWithFailure } from './progress';

const FOLDER = join(REPOSITORY, 'bench');
const USAGE = 'npm run bench -- NAME [--rounds N]';

async function load(name: string): Promise<Benchmark | undefined> {
  const file = join(FOLDER, `${name}.ts`);
  if (!/^[a-z-]+$/.test(name) || !existsSync(file)) return undefined;
  return ((await import(file)) as { benchmark?: Benchmark }).benchmark;
}

async function known(): Promise<string[]> {
  const names = readdirSync(FOLDER).flatMap((file) => /^([a-z-]+)\.ts$/.exec(file)?.[1] ?? []);
  const benchmarks = await Promise.all(names.map(async (name) => ({ name, benchmark: await load(name) })));
  return benchmarks.flatMap(({ name, benchmark }) => (benchmark ? [`${name}: ${benchmark.what}`] : []));
}

export function readArguments(args: readonly string[]): { readonly name: string; readonly rounds?: number } {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { rounds: { type: 'string' } },
    allowPositionals: true,
  });
  const { rounds } = values;
  if (rounds !== undefined && !/^[1-9]\d{0,3}$/.test(rounds)) {
    throw new Failure(`${rounds} rounds are not possible`, 'a benchmark runs at least once', USAGE);
  }
  return { name: positionals[0] ?? '', rounds: rounds === undefined ? undefined : Number(rounds) };
}

async function main(args: readonly string[]): Promise<void> {
  const { name, rounds } = readArguments(args);
  const benchmark = await load(name);
  if (benchmark === undefined) {
    const why = `there are\n${(await known()).map((line) => `- ${line}`).join('\n')}`;
    throw new Failure(name === '' ? 'no benchmark was named' : `no benchmark "${name}"`, why, USAGE);
  }
  const print = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  print(benchmark.what);
  print(describeMachine());
  await benchmark.run(rounds ?? benchmark.rounds, print);
}

if (require.main === module) main(process.argv.slice(2)).catch(endWithFailure);
