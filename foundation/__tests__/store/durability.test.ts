import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bundle, findNode24, testOnLinux } from './node24';

jest.setTimeout(120_000);

const run = promisify(execFile);

/** The output of a check, in a Node.js that has `node:sqlite`. */
async function printed(check: string, ...args: string[]): Promise<string> {
  const program = await bundle(join(__dirname, check));
  try {
    return (await run(await findNode24(), [program.file, ...args])).stdout.trim();
  } finally {
    program.remove();
  }
}

/** Only root can mount a file system of 4 MiB. */
const testAsRoot = process.getuid?.() === 0 ? testOnLinux : test.skip;

testOnLinux('a write that is cut off anywhere leaves what was committed before, and no part of itself', async () => {
  expect(await printed('torn-check.ts')).toMatch(/^[2-9]\d\d cuts$/);
});

testAsRoot(
  'a full disk refuses what it has no room for, keeps all that was committed, and goes on with room again',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'foundation-full-'));
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder], { stdio: 'ignore' });
      try {
        expect(await printed('full-check.ts', folder)).toMatch(/^[1-9]\d* commits$/);
      } finally {
        execFileSync('umount', [folder]);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
