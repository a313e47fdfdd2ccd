import * as fs from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { append } from '../../evidence/append';
import { checkChain } from '../../evidence/chain';
import { HEAD, recordName } from '../../evidence/record';
import { FolderStore } from '../../evidence/store/folder';
import { draft } from './support/memory';
import { temporaryFolder } from '../support/temporary-folder';

/** What others do to the folder just before this writer lists or writes. */
const meanwhile: { list?: () => void; sync?: () => void } = {};

jest.mock('node:fs', () => {
  const real = jest.requireActual<typeof fs>('node:fs');
  const take = (name: 'list' | 'sync'): void => {
    const act = meanwhile[name];
    meanwhile[name] = undefined;
    act?.();
  };
  return {
    ...real,
    readdirSync: (...args: Parameters<typeof real.readdirSync>) => {
      take('list');
      return real.readdirSync(...args);
    },
    fsyncSync: (file: number) => {
      take('sync');
      real.fsyncSync(file);
    },
  };
});

let folder: string;
let place: string;
let store: FolderStore;

beforeEach(() => {
  folder = temporaryFolder();
  place = join(folder, 'my store');
  store = new FolderStore(place);
});

afterEach(() => {
  meanwhile.list = meanwhile.sync = undefined;
});

const at = new Date('2026-06-01T10:00:00Z');
const add = (subject: string, to = store) => append(to, draft({ subject }, at, JSON.stringify(subject)));
const check = async () => {
  const { records, faults } = checkChain(await store.open());
  return { subjects: records.map(({ subject }) => subject), faults };
};

test('two writers that are killed before the first head is written do not end the chain', async () => {
  await add('first');
  fs.rmSync(join(place, HEAD));
  const { head, ...second } = await entryOf('second');
  expect(fs.existsSync(join(place, HEAD))).toBe(true);
  fs.writeFileSync(join(place, recordName(head.records)), second.record);
  fs.writeFileSync(join(place, second.resultName), second.result);
  await add('third');
  expect(await check()).toEqual({ subjects: ['first', 'second', 'third'], faults: [] });
});

/** The record that a writer would add next. */
async function entryOf(subject: string) {
  const other = join(folder, 'other');
  await store.tip();
  fs.cpSync(place, other, { recursive: true });
  const head = await add(subject, new FolderStore(other));
  const before = new Set(fs.readdirSync(join(place, 'results')));
  const [name = ''] = fs.readdirSync(join(other, 'results')).filter((one) => !before.has(one));
  const record = fs.readFileSync(join(other, recordName(head.records)));
  const result = fs.readFileSync(join(other, 'results', name));
  return { head, record, result, resultName: `results/${name}` };
}

test('a head that is written while another writer lists is not missing', async () => {
  const other = new FolderStore(join(folder, 'other'));
  for (const subject of ['first', 'second']) await add(subject, other);
  fs.mkdirSync(place);
  meanwhile.list = () => {
    fs.cpSync(join(folder, 'other'), place, { recursive: true });
  };
  await add('third');
  expect(await check()).toEqual({ subjects: ['first', 'second', 'third'], faults: [] });
});

test('a full disk is reported with the store, and nothing is left behind', async () => {
  await add('first');
  meanwhile.sync = () => {
    throw Object.assign(new Error('ENOSPC: no space left on device, fsync'), { code: 'ENOSPC', syscall: 'fsync' });
  };
  await expect(add('second')).rejects.toThrow(`${place} can't be used (ENOSPC: no space left on device, fsync): give`);
  expect(await check()).toEqual({ subjects: ['first'], faults: [] });
});

test('a file instead of the store is reported with what to give', async () => {
  fs.writeFileSync(place, '');
  await expect(store.open()).rejects.toThrow(/can't be used \(ENOTDIR.*give a folder/);
  await expect(add('first')).rejects.toThrow(/can't be used \(ENOTDIR.*give a folder/);
});

test('a pipe or a folder instead of a record is a missing record', async () => {
  for (const subject of ['first', 'second', 'third']) await add(subject);
  const [one, two] = [1, 2].map((number) => join(place, recordName(number))) as [string, string];
  for (const file of [one, two]) fs.rmSync(file);
  execFileSync('mkfifo', [one]);
  fs.mkdirSync(two);
  const problem = 'is missing';
  const { faults } = await check();
  expect(faults.filter(({ name }) => name.startsWith('records/'))).toEqual(
    [1, 2].map((number) => ({ name: recordName(number), problem })),
  );
});
