import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cache } from '../../tools/cache';
import { Failure } from '../../tools/failure';
import { canBeHad, formatItem, takeInventory } from '../../tools/doctor';

test.each([
  [{ name: 'engine', found: 'tofu 1.12.6' }, '✓ engine: tofu 1.12.6', true],
  [
    { name: 'engine', plans: ['download it', 'build it'] },
    '· engine: missing; npm start would download it, or else build it',
    true,
  ],
  [
    { name: 'container engine', plans: [], lack: new Failure('none', 'it is off', 'turn it on') },
    '✗ container engine: it is off; turn it on',
    false,
  ],
])('%j reads %s', (item, text, had) => {
  expect(formatItem(item)).toBe(text);
  expect(canBeHad(item)).toBe(had);
});

test('an inventory lists everything, finds nothing in an empty cache and creates nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'inventory-'));
  try {
    const items = await takeInventory(new Cache(join(folder, 'cache')));
    expect(items.map(({ name }) => name)).toEqual([
      'Node.js',
      'engine',
      'provider cloudfoundry/cloudfoundry',
      'provider kreuzwerker/docker',
      'container engine',
      'base image',
      "the proxy's base image",
      'Node.js for containers',
      'S3 server',
      'Go',
      'cache',
    ]);
    const found = (name: string): string | undefined => items.find((item) => item.name === name)?.found;
    expect(found('provider kreuzwerker/docker')).toBeUndefined();
    expect(found('S3 server')).toBeUndefined();
    expect(existsSync(join(folder, 'cache'))).toBe(false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
