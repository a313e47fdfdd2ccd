import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { acquire, lookFor, type Way } from '../../tools/acquire';
import { Cache } from '../../tools/cache';
import { canBeHad, formatItem, takeInventory } from '../../tools/doctor';
import { Failure } from '../../tools/failure';
import { silent } from '../../tools/progress';
import { temporaryFolder } from '../support/temporary-folder';

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
  const folder = temporaryFolder();
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
});

const found = (value: string): Way<string> => ({ plan: `take ${value}`, find: () => Promise.resolve(value) });
const absent = (value: string): Way<string> => ({ plan: `take ${value}`, find: () => Promise.resolve(undefined) });
const made = (value: string): Way<string> => ({ plan: `make ${value}`, make: () => Promise.resolve(value) });
const closed = (value: string, why: string): Way<string> => ({
  plan: `make ${value}`,
  make: () => Promise.reject(new Error(why)),
});

const get = (...ways: Way<string>[]): Promise<string> => acquire('a hammer', ways, 'buy one', silent);

test('something that a later method finds is preferred to something that an earlier one would create', async () => {
  await expect(get(absent('own'), made('new'), found('cached'))).resolves.toBe('cached');
});

test('the first of several that are found is used', async () => {
  await expect(get(found('own'), found('cached'))).resolves.toBe('own');
});

test('if a method fails, the next one is tried', async () => {
  await expect(get(closed('download', 'no network'), made('build'))).resolves.toBe('build');
});

test('if every method fails, the error names each with its reason, and the remedy', async () => {
  const failure = await get(closed('download', 'no network'), absent('own'), closed('build', 'no compiler')).catch(
    (error: unknown) => error,
  );
  expect(failure).toEqual(
    new Failure(
      'a hammer is missing',
      'could not make download: no network\ncould not make build: no compiler',
      'buy one',
    ),
  );
});

test('looking creates nothing, and lists what would be created, in order', async () => {
  const make = jest.fn();
  const ways = [absent('own'), { plan: 'download it', make }, { plan: 'build it', make }];
  await expect(lookFor(ways)).resolves.toEqual({ found: undefined, plans: ['download it', 'build it'] });
  expect(make).not.toHaveBeenCalled();
});

test('a reason keeps its own remedy: that of a full disk is not that of a missing tool', async () => {
  const full = new Failure('no space', 'it needs 120 MiB', 'free some space');
  const build: Way<string> = { plan: 'build it', make: () => Promise.reject(full) };
  await expect(get(build)).rejects.toThrow('could not build it: it needs 120 MiB (free some space); buy one');
});
