import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CommandFailure, run } from '../../tools/command';

const shell = (script: string, options = {}): Promise<string> => run('/bin/sh', ['-c', script], options);

test('a command resolves with its standard output alone', async () => {
  await expect(shell('echo seen; echo unseen >&2')).resolves.toBe('seen\n');
});

test('each line is told as it is printed, on either stream, also one that is printed in parts', async () => {
  const lines: string[] = [];
  const onLine = (line: string): void => {
    lines.push(line);
  };
  await shell('printf "one\\ntw"; sleep 0.1; printf "o\\n"; echo three >&2', { onLine });
  expect([...lines].sort()).toEqual(['one', 'three', 'two']);
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

test('a command that is not there fails with its name', async () => {
  await expect(run('no-such-program', ['x'])).rejects.toThrow(/"no-such-program x" could not be started \(.*ENOENT/);
});

describe('a command that ends in order', () => {
  let folder: string;
  const at = (name: string): string => join(folder, name);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'command-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /** A parent that leaves before its child, as cdktf leaves the engine; both count the signals they get. */
  const script = `
    (trap 'echo told >> child; sleep 0.5; echo done >> child; exit' INT
     for n in $(seq 400); do sleep 0.05; done) &
    child=$!
    trap 'echo told >> parent; kill -INT $child; exit 1' INT
    touch ready
    for n in $(seq 400); do sleep 0.05; done`;

  test('is told of an interruption once, and is waited for with what it has left running', async () => {
    const module = pathToFileURL(join(__dirname, '../../tools/command.ts')).href;
    const program = `
      import(${JSON.stringify(module)}).then(({ run }) =>
        run('/bin/bash', ['-c', ${JSON.stringify(script)}], { cwd: ${JSON.stringify(folder)}, endsInOrder: true }),
      ).catch((error) => console.log(error.name, error.signal));`;
    writeFileSync(at('program.mjs'), program);
    // A group of its own, which is told as a whole: as the terminal does it.
    const child = spawn(process.execPath, ['--import', 'tsx', at('program.mjs')], {
      cwd: join(__dirname, '../..'),
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (text: Buffer) => (output += text.toString()));
    const closed = new Promise((resolve) => child.on('close', resolve));
    try {
      await until(() => existsSync(at('ready')));
      process.kill(-(child.pid ?? 0), 'SIGINT');
      process.kill(-(child.pid ?? 0), 'SIGINT');
      await closed;
    } finally {
      child.kill('SIGKILL');
    }
    expect({
      output,
      parent: readFileSync(at('parent'), 'utf8'),
      child: readFileSync(at('child'), 'utf8'),
    }).toEqual({ output: 'Interrupted SIGINT\n', parent: 'told\n', child: 'told\ndone\n' });
  });
});

async function until(condition: () => boolean): Promise<void> {
  for (let left = 400; !condition(); left -= 1) {
    if (left === 0) throw new Error('the condition was not met in 20 s');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
