import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { contract } from './contract';
import { bundle, findNode24, testOnLinux } from './node24';

jest.setTimeout(120_000);

const run = promisify(execFile);

testOnLinux('the durable store meets the contract', async () => {
  const node = await findNode24();
  const program = await bundle(join(__dirname, 'sqlite-check.ts'));
  try {
    const { stdout } = await run(node, [program.file]);
    expect(stdout.trim().split('\n')).toEqual(Object.keys(contract));
  } finally {
    program.remove();
  }
});
