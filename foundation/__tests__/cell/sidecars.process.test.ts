/** The shell script that runs a process with its sidecars, with real processes. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readMarked, sidecarScript, type Sidecar } from '../../src/cell/sidecars';
import { waitFor } from '../../testing/system';

const SHELLS = ['/bin/sh', '/bin/bash'];
const shell = (command: string): readonly string[] => ['/bin/sh', '-c', command];
const sidecar = (command: string, more: Partial<Sidecar> = {}): Sidecar => ({
  name: "the agent's",
  argv: shell(command),
  ...more,
});

interface Company {
  readonly process: ChildProcess;
  readonly printed: () => string;
  /** Line by line, with the index of the sidecar that printed it. */
  readonly said: () => readonly string[];
  readonly end: Promise<number | string | null>;
}

/** A folder where each creates a file with its name once it is ready. */
let ready: string;

beforeEach(async () => {
  ready = await mkdtemp(join(tmpdir(), 'sidecars-'));
});

afterEach(() => rm(ready, { recursive: true }));

const begin = (program: string, main: readonly string[], ...sidecars: Sidecar[]): Company => {
  const child = spawn(program, ['-c', sidecarScript(main, sidecars)], {
    env: { ...process.env, MEMORY_LIMIT: '192m', READY: ready },
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const end = once(child, 'close').then(([status, signal]) => (status ?? signal) as number | string | null);
  const said = (): readonly string[] =>
    text.split('\n').map((line) => {
      const marked = readMarked(line);
      return marked ? `${marked.sidecar}${marked.ended ? ' ended it all' : ''}: ${marked.message}` : line;
    });
  return { process: child, printed: () => text, said, end };
};

/** Runs until it gets TERM, and prints that. */
const patient = (name: string): string =>
  `trap 'echo ${name} ends; exit 0' TERM; : > $READY/${name}; while :; do sleep 0.1; done`;

/** Waits for the others, since one that is stopped before it sets its trap or prints would say nothing. */
const onceReady = (...names: string[]): string =>
  names.map((name) => `until [ -e $READY/${name} ]; do sleep 0.1; done; `).join('');

describe.each(SHELLS)('by %s', (program) => {
  test('all run, each with its memory in the environment', async () => {
    const company = begin(
      program,
      shell(`echo "process $MEMORY_LIMIT"; ${onceReady('first', 'second')}`),
      sidecar('echo "first $MEMORY_LIMIT"; : > $READY/first; exec sleep 60', { memory: 64 }),
      sidecar('echo "second $MEMORY_LIMIT"; : > $READY/second; exec sleep 60'),
    );
    expect(await company.end).toBe(0);
    expect(company.said().slice(0, 3).sort()).toEqual(['0: first 64m', '1: second 192m', 'process 192m']);
  });

  test.each([0, 3, 127])(
    'when the process exits with %i, the sidecars are stopped, and that is the status',
    async (status) => {
      const company = begin(program, shell(`${onceReady('sidecar')}exit ${status}`), sidecar(patient('sidecar')));
      expect(await company.end).toBe(status);
      expect(company.printed()).toContain('sidecar ends');
    },
  );

  test('when a sidecar exits, the process is stopped, with the status of the sidecar', async () => {
    const first = sidecar(`${onceReady('process', 'other')}exit 7`);
    const company = begin(program, shell(patient('process')), first, sidecar(patient('other')));
    expect(await company.end).toBe(7);
    expect(company.printed()).toContain('process ends');
    expect(company.printed()).toContain('other ends');
    expect(company.said()).toContain('0 ended it all: ');
    expect(company.said()).toContain('1: Exit status 0');
  });

  test('everything that a sidecar prints is marked, on either stream', async () => {
    const talks = `echo out; printf '%s\\n' '  two  \\words'; echo err >&2; printf last; exit 4`;
    const company = begin(program, shell('exec sleep 60'), sidecar(talks));
    let errors = '';
    company.process.stderr?.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    expect(await company.end).toBe(4);
    expect(company.said()).toEqual(expect.arrayContaining(['0: out', '0:   two  \\words', '0: last']));
    expect(readMarked(errors.trimEnd())).toEqual({ sidecar: 0, ended: false, message: 'err' });
  });

  test('TERM reaches all of them, and waits for them to end', async () => {
    const slow = "trap 'sleep 1; echo process done; exit 5' TERM; : > $READY/process; while :; do sleep 0.1; done";
    const company = begin(program, shell(slow), sidecar(patient('sidecar')));
    await waitFor(async () => (await readdir(ready)).length === 2, 'both to be ready');
    company.process.kill('SIGTERM');
    expect(await company.end).toBe(5);
    expect(company.printed()).toContain('process done');
    expect(company.printed()).toContain('sidecar ends');
  });
});
