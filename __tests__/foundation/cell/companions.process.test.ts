/** The shell that runs a process with its sidecars, with real processes. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { companyScript, type Companion } from '../../../foundation/src/cell/companions';
import { eventually } from '../api/harness';

jest.setTimeout(30_000);

const SHELLS = ['/bin/sh', '/bin/bash'];
const shell = (command: string): readonly string[] => ['/bin/sh', '-c', command];
const sidecar = (command: string, more: Partial<Companion> = {}): Companion => ({
  name: "the agent's",
  argv: shell(command),
  ...more,
});

interface Company {
  readonly process: ChildProcess;
  readonly printed: () => string;
  readonly end: Promise<number | string | null>;
}

const begin = (program: string, main: readonly string[], ...sidecars: Companion[]): Company => {
  const child = spawn(program, ['-c', companyScript(main, sidecars)], {
    env: { ...process.env, MEMORY_LIMIT: '192m' },
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const end = once(child, 'close').then(([status, signal]) => (status ?? signal) as number | string | null);
  return { process: child, printed: () => text, end };
};

/** Goes on until it is asked to end, and says so. */
const patient = (name: string): string =>
  `trap 'echo ${name} ends; exit 0' TERM; echo ${name} runs; while :; do sleep 0.1; done`;

describe.each(SHELLS)('by %s', (program) => {
  test('all run, each with what it is told of the memory', async () => {
    const company = begin(
      program,
      shell(`echo "process $MEMORY_LIMIT"; sleep 0.5`),
      sidecar('echo "first $MEMORY_LIMIT"; exec sleep 60', { memory: 64 }),
      sidecar('echo "second $MEMORY_LIMIT"; exec sleep 60'),
    );
    expect(await company.end).toBe(0);
    expect(company.printed().split('\n').slice(0, 3).sort()).toEqual(['first 64m', 'process 192m', 'second 192m']);
  });

  test.each([0, 3, 127])(
    'when the process ends with %i the sidecars are ended, and that is the status',
    async (status) => {
      const company = begin(program, shell(`sleep 0.5; exit ${status}`), sidecar(patient('sidecar')));
      expect(await company.end).toBe(status);
      expect(company.printed()).toContain('sidecar ends');
    },
  );

  test('when a sidecar ends the process is ended, and its status is that of the sidecar', async () => {
    const company = begin(program, shell(patient('process')), sidecar('sleep 0.5; exit 7'), sidecar(patient('other')));
    expect(await company.end).toBe(7);
    expect(company.printed()).toContain('process ends');
    expect(company.printed()).toContain('other ends');
    expect(company.printed()).toContain("sidecar the agent's: exit status 7");
  });

  test('TERM reaches all of them, and they may take their time', async () => {
    const slow = "trap 'sleep 1; echo process done; exit 5' TERM; echo process runs; while :; do sleep 0.1; done";
    const company = begin(program, shell(slow), sidecar(patient('sidecar')));
    await eventually(
      () => (/process runs/.test(company.printed()) && /sidecar runs/.test(company.printed())) || undefined,
    );
    company.process.kill('SIGTERM');
    expect(await company.end).toBe(5);
    expect(company.printed()).toContain('process done');
    expect(company.printed()).toContain('sidecar ends');
  });
});
