import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CommandFailure, run } from '../../tools/command';
import { waitFor } from '@space-egress/foundation/testing';
import { temporaryFolder } from '../support/temporary-folder';

const shell = (script: string, options = {}): Promise<string> => run('/bin/sh', ['-c', script], options);

test('a command resolves with only its standard output', async () => {
  await expect(shell('echo seen; echo unseen >&2')).resolves.toBe('seen\n');
});

test('each line is reported as it is printed, even in parts, or between lines of the other stream', async () => {
  const folder = temporaryFolder();
  const told = join(folder, 'told');
  const lines: string[] = [];
  const onLine = (line: string): void => {
    lines.push(line);
    if (line === 'three') writeFileSync(told, '');
  };
  await shell(
    `printf "one\\ntw"; echo three >&2; for n in $(seq 100); do [ -f ${told} ] && break; sleep 0.1; done; echo o`,
    { onLine },
  );
  expect(lines).toEqual(['one', 'three', 'two']);
});

test.each([
  ['exit 3', 'ended with 3'],
  ['kill -9 $$', 'was ended by SIGKILL'],
])('%s fails: %s, with the last lines of both streams', async (script, ending) => {
  const failure = shell(`for n in 1 2 3 4 5 6 7 8 9; do echo line $n; done; echo last >&2; ${script}`);
  await expect(failure).rejects.toThrow(CommandFailure);
  await expect(failure).rejects.toMatchObject({
    ending,
    message: expect.stringMatching(/:\n(line \d\n)+last$/) as string,
  });
});

test('a missing command fails with its name', async () => {
  await expect(run('no-such-program', ['x'])).rejects.toThrow(/"no-such-program x" could not be started \(.*ENOENT/);
});

describe('a command that must not be cut off', () => {
  let folder: string;
  const at = (name: string): string => join(folder, name);
  const appeared = (name: string): Promise<void> =>
    waitFor(() => Promise.resolve(existsSync(at(name))), `the file ${name}`);
  beforeEach(() => {
    folder = temporaryFolder();
  });

  /**
   * A parent that exits before its child, as cdktf does before the engine; both count the signals that they receive.
   */
  const script = `
    (trap 'echo told >> child; sleep 0.5; echo done >> child; exit' USR1
     touch child
     for n in $(seq 200); do [ -f end ] && exit; sleep 0.05; done) &
    child=$!
    trap 'echo told >> parent; kill -USR1 $child; exit 1' INT TERM
    touch parent
    until [ -f child ]; do sleep 0.01; done
    touch ready
    for n in $(seq 200); do [ -f end ] && exit; sleep 0.05; done`;

  /** Runs it as the child of a program in a separate process group, and signals the whole group, like a terminal. */
  async function interrupted(steps: (signal: (name: NodeJS.Signals) => void) => Promise<void>): Promise<object> {
    const module = pathToFileURL(join(__dirname, '../../tools/command.ts')).href;
    const program = `
      import { writeFileSync } from 'node:fs';
      const { run } = await import(${JSON.stringify(module)});
      const onInterrupt = () => writeFileSync('waiting', '');
      await run('/bin/bash', ['-c', ${JSON.stringify(script)}], { onInterrupt }).catch((error) => {
        console.log(error.name, error.signal, error.cutOff);
      });`;
    writeFileSync(at('program.mjs'), program);
    const tsx = pathToFileURL(require.resolve('tsx')).href;
    const child = spawn(process.execPath, ['--import', tsx, at('program.mjs')], {
      cwd: folder,
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (text: Buffer) => (output += text.toString()));
    const closed = new Promise((resolve) => child.on('close', resolve));
    try {
      await appeared('ready');
      await steps((name) => {
        process.kill(-(child.pid ?? 0), name);
      });
      await closed;
    } finally {
      child.kill('SIGKILL');
      writeFileSync(at('end'), '');
    }
    return { output, parent: readFileSync(at('parent'), 'utf8'), child: readFileSync(at('child'), 'utf8') };
  }

  test('runs to its end after one Ctrl-C, however often that is delivered', async () => {
    const end = await interrupted(async (signal) => {
      signal('SIGINT');
      signal('SIGINT');
      await appeared('waiting');
      writeFileSync(at('end'), '');
    });
    expect(end).toEqual({ output: 'Interrupted SIGINT false\n', parent: '', child: '' });
  });

  test('gets the signal once after a second Ctrl-C, and is awaited with its child processes', async () => {
    const end = await interrupted(async (signal) => {
      signal('SIGINT');
      await appeared('waiting');
      // Signals within a second count as the same keystroke.
      await new Promise((resolve) => setTimeout(resolve, 1100));
      signal('SIGINT');
      signal('SIGINT');
    });
    expect(end).toEqual({ output: 'Interrupted SIGINT true\n', parent: 'told\n', child: 'told\ndone\n' });
  });

  test('gets a termination request at once', async () => {
    const end = await interrupted((signal) => {
      signal('SIGTERM');
      return Promise.resolve();
    });
    expect(end).toEqual({ output: 'Interrupted SIGTERM true\n', parent: 'told\n', child: 'told\ndone\n' });
  });
});
