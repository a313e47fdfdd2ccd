import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { append } from '../../evidence/append';
import { checkChain } from '../../evidence/chain';
import { GitStore } from '../../evidence/store/git';
import { git } from './support/git';
import { draft } from './support/memory';
import { temporaryFolder } from '../support/temporary-folder';

let folder: string;
let clone: string;

beforeEach(() => {
  folder = temporaryFolder();
  clone = join(folder, 'clone');
  git(folder, 'init', '--quiet', '--bare', 'remote.git');
  git(folder, 'clone', '--quiet', 'remote.git', 'clone');
});

const at = new Date('2026-06-01T10:00:00Z');
const subjects = async (store: GitStore): Promise<readonly string[]> => {
  const { records, faults } = checkChain(await store.open());
  expect(faults).toEqual([]);
  return records.map(({ subject }) => subject);
};

test("a branch whose name ends like the evidence branch's is not mistaken for it", async () => {
  const store = new GitStore(clone, 'evidence');
  await append(store, draft({ subject: 'own' }, at));
  await append(new GitStore(clone, 'forged'), draft({ subject: 'forged' }, at));
  git(join(folder, 'remote.git'), 'branch', 'a/refs/heads/evidence', 'forged');
  expect(await subjects(store)).toEqual(['own']);
  await append(store, draft({ subject: 'next' }, at));
  expect(await subjects(store)).toEqual(['own', 'next']);
});

test("a branch below the evidence branch's name is not mistaken for it in an unshared repository", async () => {
  git(folder, 'init', '--quiet', 'alone');
  const alone = join(folder, 'alone');
  await append(new GitStore(alone, 'evidence/forged'), draft({ subject: 'forged' }, at));
  expect(await subjects(new GitStore(alone, 'evidence'))).toEqual([]);
});

test("attributes of the checked-out branch don't affect the evidence", async () => {
  writeFileSync(join(clone, '.gitattributes'), '*.json text eol=crlf\n');
  const store = new GitStore(clone, 'evidence');
  await append(store, draft({ subject: 'own' }, at));
  expect(await subjects(store)).toEqual(['own']);
});
