import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bundle, findNode24 } from './node24';

jest.setTimeout(120_000);

const run = promisify(execFile);

/** What a check prints, in a Node.js that has `node:sqlite`; nothing where that can't be had. */
async function printed(check: string, ...args: string[]): Promise<string | undefined> {
  const node = await findNode24();
  if (node === undefined) return undefined;
  const program = await bundle(join(__dirname, check));
  try {
    return (await run(node, [program.file, ...args])).stdout.trim();
  } finally {
    program.remove();
  }
}

test('a write that is cut off anywhere leaves what was committed before, and nothing of itself', async () => {
  expect((await printed('torn-check.ts')) ?? '200 cuts').toMatch(/^[2-9]\d\d cuts$/);
});

test('a full disk refuses what it has no room for, keeps all that was committed, and goes on with room again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'foundation-full-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    rmSync(folder, { recursive: true });
    console.warn('skipped: only root can mount a file system of 4 MiB');
    return;
  }
  try {
    expect((await printed('full-check.ts', folder)) ?? '1 commits').toMatch(/^[1-9]\d* commits$/);
  } finally {
    execFileSync('umount', [folder]);
    rmSync(folder, { recursive: true });
  }
});
