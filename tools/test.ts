/**
 * `npm test [-- STAGE ...]`: all stages in order, or those named. Up to three test files that failed run once more at the
 * end, alone: one that passes then is named as unsteady, with its first failure. The last line counts what ran.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, cpus, setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { enter } from './entry';
import { Failure } from './failure';
import { Progress } from './progress';
import { setUpContainers, setUpEngine, setUpNode } from './setup';

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Each failed test with its file and its message. */
  readonly failures: readonly string[];
  /** The test files that failed. */
  readonly files: readonly string[];
}

const LOWEST_PRIORITY = constants.priority.PRIORITY_LOW;

/** If more files fail, it isn't chance. */
const RUN_AGAIN_AT_MOST = 3;

/** In the order in which they are set up. The tests of an engine that can't be installed skip themselves. */
const NEEDS = {
  /** The foundation's store needs this version or a later one. */
  node: (progress: Progress) => setUpNode(progress),
  terraform: (progress: Progress) => setUpEngine(progress, 'terraform'),
  containers: (progress: Progress) => setUpContainers(progress),
  tofu: buildTofu,
};

type Need = keyof typeof NEEDS;

interface Stage {
  readonly name: string;
  readonly what: string;
  /**
   * What it requires. This is set up separately, beginning at the start, so that its time doesn't count as a test's.
   */
  readonly needs: readonly Need[];
  /** @param files the test files to run; by default all files of the stage */
  readonly run: (files?: readonly string[]) => Promise<Counts>;
  /**
   * The stages that must end before this one starts. Others run in parallel, because packets and engines mostly wait.
   */
  readonly after: readonly string[];
}

const root = join(__dirname, '..');
const bin = (name: string): string => join(root, 'node_modules', '.bin', name);

async function exitCode(command: string, args: readonly string[], env = process.env, nice = 0): Promise<number | null> {
  const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
  if (child.pid !== undefined && nice !== 0) setPriority(child.pid, nice);
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

/** A build keeps both cores busy for minutes, so it has the lowest priority and uses what other stages leave. */
async function buildTofu(): Promise<void> {
  const env = { ...process.env, EGRESS_ENGINE: 'tofu' };
  await exitCode(process.execPath, [join(__dirname, 'bootstrap.mjs'), 'setup', 'engine'], env, LOWEST_PRIORITY);
}

/** Each run of a checker counts as one test. */
function checker(command: string, ...runs: (readonly string[])[]): () => Promise<Counts> {
  return async () => {
    const failures: string[] = [];
    for (const args of runs) {
      if ((await exitCode(bin(command), args)) !== 0) failures.push([command, ...args].join(' '));
    }
    return { passed: runs.length - failures.length, failed: failures.length, skipped: 0, failures, files: [] };
  };
}

function jest(project: string, ...options: string[]): Stage['run'] {
  return async (files = []) => {
    const folder = mkdtempSync(join(tmpdir(), 'egress-'));
    const file = join(folder, 'counts.json');
    try {
      const reporters = ['default', join(__dirname, 'jest-counts.mjs')].flatMap((name) => ['--reporters', name]);
      const args = [
        '--ci',
        '--selectProjects',
        project,
        ...reporters,
        ...options,
        ...(files.length > 0 ? ['--', ...files] : []),
      ];
      // Removes what a test process leaves in the temporary folder, because a test can't tell when jest's process ends.
      const code = await exitCode(bin('jest'), args, { ...process.env, JEST_COUNTS: file, TMPDIR: folder });
      const counts = readCounts(file);
      return { ...counts, failed: code === 0 ? counts.failed : Math.max(1, counts.failed) };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
}

function readCounts(file: string): Counts {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Counts;
  } catch {
    return { passed: 0, failed: 1, skipped: 0, failures: ['jest ended before it could count'], files: [] };
  }
}

/** By default, jest keeps one core free. */
const EVERY_CORE = '--maxWorkers=100%';

/** Otherwise, connections that the container engine has half closed keep the process running for minutes. */
const FORCE_EXIT = '--forceExit';

const STAGES: readonly Stage[] = [
  {
    name: 'format',
    what: 'prettier',
    needs: [],
    after: [],
    run: checker('prettier', ['--check', '--log-level', 'warn', '.']),
  },
  { name: 'lint', what: 'eslint', needs: [], after: [], run: checker('eslint', ['.']) },
  {
    name: 'types',
    what: 'tsc',
    needs: [],
    after: ['format'],
    run: checker('tsc', ['--noEmit'], ['--noEmit', '-p', 'app']),
  },
  {
    name: 'unit',
    what: 'values, constructs, rules as text',
    needs: [],
    after: ['types'],
    run: jest('unit', EVERY_CORE),
  },
  {
    name: 'process',
    what: 'programs that start, signals, real time',
    needs: [],
    after: ['lint', 'unit'],
    run: jest('process', '--runInBand'),
  },
  {
    name: 'contract',
    what: "the foundation's API and store",
    needs: ['node'],
    after: ['lint', 'unit'],
    run: jest('contract'),
  },
  {
    name: 'engine',
    what: 'the real providers under terraform and tofu',
    // The plans for a review are made in containers.
    needs: ['terraform', 'tofu', 'containers'],
    after: ['contract'],
    run: jest('engine', '--runInBand'),
  },
  {
    name: 'proxy',
    what: 'the proxy in containers, with packets',
    needs: ['containers'],
    after: ['lint', 'unit'],
    run: jest('proxy', '--runInBand', FORCE_EXIT),
  },
  {
    name: 'containers',
    what: 'foundation and review, with packets',
    needs: ['containers'],
    after: ['process'],
    run: jest('containers', '--runInBand', FORCE_EXIT),
  },
  {
    name: 'start',
    what: 'npm start and npm run down, in a clone',
    needs: ['terraform', 'containers'],
    after: ['process'],
    run: jest('start', '--runInBand'),
  },
  {
    name: 'e2e',
    what: 'the example on foundations, with packets',
    needs: ['terraform', 'tofu', 'containers'],
    after: ['proxy'],
    // There are networks for six foundations, and some tests start another foundation.
    run: jest('e2e', '--maxWorkers=2'),
  },
];

function chosen(names: readonly string[]): readonly Stage[] {
  const unknown = names.filter((name) => !STAGES.some((stage) => stage.name === name));
  if (unknown.length > 0) {
    const known = STAGES.map((stage) => stage.name).join(', ');
    throw new Failure(`no test stage "${unknown.join('", "')}"`, `stages are ${known}`, 'name some, or none for all');
  }
  return names.length === 0 ? STAGES : STAGES.filter((stage) => names.includes(stage.name));
}

/**
 * Sets up what the stages need, one thing after another, in parallel with the stages that need nothing. If something
 * can't be set up, its step says so, and the tests that need it fail or skip with their own messages.
 */
function provide(stages: readonly Stage[]): ReadonlyMap<Need, Promise<unknown>> {
  const progress = new Progress();
  const needed = new Set(stages.flatMap(({ needs }) => needs));
  const provided = new Map<Need, Promise<unknown>>();
  let before: Promise<unknown> = Promise.resolve();
  for (const need of (Object.keys(NEEDS) as Need[]).filter((each) => needed.has(each))) {
    before = before.then<unknown>(() => NEEDS[need](progress)).catch(() => undefined);
    provided.set(need, before);
  }
  return provided;
}

/** Milliseconds of all cores since the machine started: those in which they were busy, and all. */
function coreTime(): { readonly busy: number; readonly all: number } {
  const times = cpus().flatMap(({ times: { idle, ...rest } }) => [
    { idle, busy: Object.values(rest).reduce((a, b) => a + b) },
  ]);
  const busy = times.reduce((sum, each) => sum + each.busy, 0);
  return { busy, all: times.reduce((sum, { idle }) => sum + idle, busy) };
}

async function run({ name, what, run }: Stage, files: readonly string[] = []): Promise<Counts> {
  console.log(`\n── ${name}: ${files.length === 0 ? what : `once more, ${files.join(', ')}`}`);
  const started = Date.now();
  const before = coreTime();
  const counts = await run(files);
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  const { busy, all } = coreTime();
  const share = Math.round(((busy - before.busy) / (all - before.all)) * 100);
  console.log(
    `── ${name}: ${counts.failed === 0 ? 'passed' : 'FAILED'} in ${seconds} s, with all cores busy for ${share} %`,
  );
  return counts;
}

const HELP = `usage: npm test [-- STAGE ...]

Runs all stages in this order, or those that are named:
${STAGES.map(({ name, what }) => `  ${name.padEnd(12)}${what}`).join('\n')}
One test file: npx jest --selectProjects STAGE -- PATH`;

async function main(names: readonly string[]): Promise<void> {
  const stages = chosen(names);
  const ended = new Map<string, Promise<Counts>>();
  const provided = provide(stages);
  for (const stage of stages) {
    const inTurn = async (): Promise<Counts> => {
      await Promise.all(stage.after.flatMap((name) => ended.get(name) ?? []));
      await Promise.all(stage.needs.flatMap((need) => provided.get(need) ?? []));
      return run(stage);
    };
    ended.set(stage.name, inTurn());
  }
  const total = { passed: 0, failed: 0, skipped: 0 };
  const failures: string[] = [];
  const unsteady: string[] = [];
  const counts = await Promise.all(ended.values());
  const mayRunAgain = counts.flatMap(({ files }) => files).length <= RUN_AGAIN_AT_MOST;
  for (const [index, stage] of stages.entries()) {
    const first = counts[index] as Counts;
    const again = mayRunAgain && first.files.length > 0 ? await run(stage, first.files) : undefined;
    // Tests that passed in those files the first time are counted once.
    total.passed += first.passed + (again === undefined ? 0 : first.failed - again.failed);
    total.failed += again?.failed ?? first.failed;
    total.skipped += first.skipped;
    failures.push(...(again?.failures ?? first.failures));
    unsteady.push(...first.failures.filter((_, at) => again?.files.includes(first.files[at] ?? '') === false));
  }
  // Failures are repeated here, because the original messages can be an hour back.
  for (const failure of unsteady) console.log(`\nunsteady, passed when it ran once more: ${failure}`);
  for (const failure of failures) console.log(`\nfailed in ${failure}`);
  console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  process.exitCode = total.failed === 0 ? 0 : 1;
}

enter(HELP, main);
