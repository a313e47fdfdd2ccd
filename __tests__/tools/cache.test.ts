import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { Cache, type CacheEntry, cacheRoot, entryName } from '../../tools/cache';
import { Failure } from '../../tools/failure';
import { isStale, Lock } from '../../tools/lock';
import { REPOSITORY } from '../../tools/platform';
import { temporaryFolder } from '../support/temporary-folder';

let root: string;
const entry: CacheEntry = { tool: 'hammer', version: '1.2.3', inputs: ['steel'], bytes: 1024 };
const write =
  (text: string | Buffer) =>
  (folder: string): Promise<void> =>
    writeFile(join(folder, 'head'), text);

beforeEach(() => {
  root = temporaryFolder();
});

const namesIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder).sort() : []);

test('an entry is created once and found afterward', async () => {
  const cache = new Cache(root);
  expect(cache.find(entry)).toBeUndefined();
  const made = await cache.ensure(entry, write('first'));
  const again = await cache.ensure(entry, () => Promise.reject(new Error('made twice')));
  expect(again).toBe(made);
  expect(cache.find(entry)).toBe(made);
  expect(readFileSync(join(made, 'head'), 'utf8')).toBe('first');
});

test('different inputs, however they are split, are different entries', () => {
  const lists = fc.array(fc.string(), { maxLength: 4 });
  fc.assert(
    fc.property(lists, lists, (a, b) => {
      const same = JSON.stringify(a) === JSON.stringify(b);
      expect(entryName({ ...entry, inputs: a }) === entryName({ ...entry, inputs: b })).toBe(same);
    }),
  );
  expect(entryName({ ...entry, inputs: ['ab', 'c'] })).not.toBe(entryName({ ...entry, inputs: ['a', 'bc'] }));
});

test('a failed attempt leaves nothing, and the next one starts over', async () => {
  const cache = new Cache(root);
  const half = async (folder: string): Promise<void> => {
    await write('half')(folder);
    throw new Error('interrupted');
  };
  await expect(cache.ensure(entry, half)).rejects.toThrow('interrupted');
  expect(namesIn(join(root, 'hammer'))).toEqual([]);
  expect(readFileSync(join(await cache.ensure(entry, write('whole')), 'head'), 'utf8')).toBe('whole');
});

test('a remnant of an interrupted build is never used as an entry, and the next one removes it', async () => {
  const remnant = join(root, 'hammer', `${entryName(entry)}.partial-abc`);
  mkdirSync(remnant, { recursive: true });
  writeFileSync(join(remnant, 'head'), 'half');
  const cache = new Cache(root);
  expect(cache.find(entry)).toBeUndefined();
  await cache.ensure(entry, write('whole'));
  expect(namesIn(join(root, 'hammer'))).toEqual([entryName(entry)]);
});

test("an entry that can't fit is refused before it is made, with the space needed and the folder", async () => {
  const large = { ...entry, bytes: 2 ** 60 };
  const made = jest.fn();
  await expect(new Cache(root).ensure(large, made)).rejects.toThrow(Failure);
  await expect(new Cache(root).ensure(large, made)).rejects.toThrow(
    new RegExp(`no space left for hammer 1.2.3: it needs about \\d+ MiB in ${root}.*XDG_CACHE_HOME`),
  );
  expect(made).not.toHaveBeenCalled();
  expect(namesIn(join(root, 'hammer'))).toEqual([]);
});

const canMount = process.platform === 'linux' && process.getuid?.() === 0;

(canMount ? test : test.skip)('a disk that fills up while an entry is made leaves nothing half done', async () => {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', root]);
  try {
    const fill = write(Buffer.alloc(1024 * 1024));
    await expect(new Cache(root).ensure(entry, fill)).rejects.toThrow(/no space left for hammer 1.2.3.*XDG_CACHE_HOME/);
    expect(namesIn(join(root, 'hammer'))).toEqual([]);
  } finally {
    execFileSync('umount', [root]);
  }
});

// A process that makes the entry: it prints a line when it begins, and ends when its standard input says so.
const MAKER = `
  const { Cache } = require(process.argv[1]);
  const { writeFileSync } = require('node:fs');
  const entry = { tool: 'hammer', version: '1.2.3', inputs: ['steel'], bytes: 1024 };
  const make = (folder) => new Promise((resolve) => {
    console.log('making');
    process.stdin.once('data', () => { writeFileSync(folder + '/head', String(process.pid)); resolve(); });
  });
  new Cache(process.argv[2]).ensure(entry, make, () => console.log('waiting'))
    .then((folder) => { console.log('done ' + folder); process.stdin.destroy(); });`;

interface Maker {
  readonly pid: number | undefined;
  said(line: string): Promise<void>;
  proceed(): void;
  kill(): Promise<void>;
  readonly ended: Promise<void>;
  readonly lines: () => string[];
}

function startMaker(): Maker {
  const module = join(REPOSITORY, 'tools', 'cache.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', '-e', MAKER, module, root], {
    cwd: REPOSITORY,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  const lines = (): string[] => output.trim().split('\n');
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => {
      resolve();
    });
  });
  return {
    pid: child.pid,
    lines,
    ended,
    said: (line) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (lines().some((said) => said.startsWith(line))) resolve();
        };
        child.stdout.on('data', look);
        look();
      }),
    proceed: () => void child.stdin.write('go\n'),
    kill: () => {
      child.kill('SIGKILL');
      return ended;
    },
  };
}

test('of two simultaneous processes, one creates the entry and the other waits for it', async () => {
  const first = startMaker();
  await first.said('making');
  const second = startMaker();
  await second.said('waiting');
  first.proceed();
  await Promise.all([first.ended, second.ended]);
  const folder = new Cache(root).find(entry);
  expect(first.lines()).toEqual(['making', `done ${folder ?? ''}`]);
  expect(second.lines()).toEqual(['waiting', `done ${folder ?? ''}`]);
  expect(readFileSync(join(folder ?? '', 'head'), 'utf8')).toBe(String(first.pid));
});

test("a process killed while it creates the entry doesn't block the next one", async () => {
  const first = startMaker();
  await first.said('making');
  await first.kill();
  expect(namesIn(join(root, 'hammer'))).toHaveLength(2);
  const second = startMaker();
  await second.said('making');
  second.proceed();
  await second.ended;
  expect(namesIn(join(root, 'hammer'))).toEqual([entryName(entry)]);
});

test('the cache is where XDG_CACHE_HOME says, or otherwise below the home folder', () => {
  expect(cacheRoot({ XDG_CACHE_HOME: '/big', HOME: '/home/a' })).toBe('/big/space-egress');
  expect(cacheRoot({ HOME: '/home/a' })).toBe('/home/a/.cache/space-egress');
});

let folder: string;
let path: string;

beforeEach(() => {
  folder = temporaryFolder();
  path = join(folder, 'lock');
});

test.each([
  { sameHost: true, running: true, silentFor: 0, stale: false, who: 'a working process here' },
  { sameHost: true, running: false, silentFor: 0, stale: true, who: 'a dead process here' },
  { sameHost: true, running: true, silentFor: 61_000, stale: true, who: 'a number that another process got' },
  { sameHost: false, running: false, silentFor: 1_000, stale: false, who: 'a process on another host' },
  { sameHost: false, running: false, silentFor: 61_000, stale: true, who: 'a silent process on another host' },
])('a lock held by $who is stale: $stale', ({ stale, ...owner }) => {
  expect(isStale(owner)).toBe(stale);
});

test('at most one of many processes has the lock, and nothing is left behind', async () => {
  // No process has this number: Linux uses none above 2^22.
  writeFileSync(path, JSON.stringify({ host: hostname(), pid: 2 ** 22 + 1 }));
  let inside = 0;
  const most: number[] = [];
  const take = async (): Promise<void> => {
    const lock = await Lock.take(path);
    most.push((inside += 1));
    await new Promise((resolve) => setImmediate(resolve));
    inside -= 1;
    await lock.release();
  };
  await Promise.all(Array.from({ length: 8 }, take));
  expect(most).toEqual(Array.from({ length: 8 }, () => 1));
  expect(readdirSync(folder)).toEqual([]);
});
