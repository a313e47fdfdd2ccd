import { execFileSync, spawn } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { append } from '../../evidence/append';
import { checkChain } from '../../evidence/chain';
import { folderFiles, FolderStore } from '../../evidence/store/folder';
import { GitStore } from '../../evidence/store/git';
import { buildCommand, buildProgram } from '../../tools/build-command';
import { temporaryFolder } from '../support/temporary-folder';
import { runStep } from '../support/workflow';
import { draft } from './support/memory';

let folder: string;

beforeEach(() => {
  folder = temporaryFolder();
});

/** A program that adds a number of records to a store, unless it is killed first. */
function writer(): string {
  const outfile = join(folder, 'writer.js');
  buildProgram(
    `
        import { append } from './evidence/append';
        import { storeAt } from './evidence/commands/recorder';
        const [, , place, name, count] = process.argv;
        (async () => {
          for (let at = 0; at < Number(count); at += 1) {
            const finding = { kind: 'verify', method: 'packets', outcome: 'as expected', subject: name, summary: String(at) };
            const result = JSON.stringify([name, at, 'x'.repeat(100000)]);
            await append(storeAt(place), { finding, circumstances: {}, result, time: new Date(), command: '1', secrets: new Map() });
            process.stdout.write('.');
          }
        })();`,
    outfile,
  );
  return outfile;
}

function run(program: string, place: string, name: string, count: number, cwd = folder) {
  const child = spawn(process.execPath, [program, place, name, String(count)], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [written, error] = [0, ''];
  child.stdout.on('data', (dots: Buffer) => (written += dots.length));
  child.stderr.on('data', (text: Buffer) => (error += text.toString()));
  const ended = new Promise<number>((resolve, reject) =>
    child.on('exit', (code, signal) => {
      if (code === 0 || signal === 'SIGKILL') resolve(written);
      else reject(new Error(error));
    }),
  );
  return { child, ended, written: () => written };
}

test('four writers of a folder at once lose no record, and none is twice', async () => {
  const [program, place] = [writer(), join(folder, 'store')];
  const names = ['a', 'b', 'c', 'd'];
  await Promise.all(names.map((name) => run(program, place, name, 15).ended));
  const { records, faults } = checkChain(folderFiles(place));
  expect(faults).toEqual([]);
  const wanted = names.flatMap((name) => Array.from({ length: 15 }, (_, at) => `${name}${at}`));
  expect(records.map(({ subject, summary }) => subject + summary).sort()).toEqual(wanted.sort());
});

test('a writer that is killed while it writes loses nothing that it reported as written, and its leftovers are named', async () => {
  const [program, place] = [writer(), join(folder, 'store')];
  let written = 0;
  for (let kills = 0; kills < 8; kills += 1) {
    const { child, ended, written: sofar } = run(program, place, `w${kills}`, 1000);
    while (sofar() < 3 && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill('SIGKILL');
    written += await ended;
  }
  const last = await run(program, place, 'last', 1).ended;
  const { records, faults } = checkChain(folderFiles(place));
  expect(records.length).toBeGreaterThanOrEqual(written + last);
  expect(records.length).toBe(readdirSync(join(place, 'records')).filter((name) => /^[0-9]+\.json$/.test(name)).length);
  for (const { name, problem } of faults) {
    expect(name).toMatch(/\.part$|^results\//);
    expect(problem).toMatch(/interrupted|not completely written/);
  }
});

test('two clones that record on one branch at once lose no record, and the branch is pushed', async () => {
  const program = writer();
  const remote = join(folder, 'remote.git');
  git(folder, 'init', '--quiet', '--bare', remote);
  const clones = ['one', 'two'].map((name) => {
    git(folder, 'clone', '--quiet', remote, name);
    return join(folder, name);
  });
  await Promise.all(clones.map((clone, at) => run(program, 'git:evidence', `c${at}`, 4, clone).ended));
  git(folder, 'clone', '--quiet', '--branch', 'evidence', remote, 'third');
  const { records, faults } = checkChain(folderFiles(join(folder, 'third')));
  expect(faults.filter(({ name }) => !name.startsWith('.git/'))).toEqual([]);
  expect(records.map(({ subject, summary }) => subject + summary).sort()).toEqual(
    [0, 1, 2, 3].flatMap((at) => [`c0${at}`, `c1${at}`]).sort(),
  );
});

/** Named as in plan-review-comment.yml: the approval comes after the review that it approves. */
const ARTIFACTS = ['egress-evidence-1-review', 'egress-evidence-2-approval'];

test('the workflow adds what the jobs of a run have found to the branch, in the order of their artifacts', async () => {
  const [remote, clone] = [join(folder, 'remote.git'), join(folder, 'clone')];
  git(folder, 'init', '--quiet', '--bare', remote);
  git(folder, 'clone', '--quiet', remote, clone);
  for (const name of ARTIFACTS) {
    const found = new FolderStore(join(folder, 'evidence', name));
    await append(found, draft({ subject: name }, new Date()));
  }
  const step = { workflow: 'egress-evidence.yml', job: 'record', name: 'Record' };
  const command = join(folder, 'space-egress.js');
  await buildCommand(command);
  const env = {
    PATH: process.env.PATH,
    DIRECTORY: '.',
    SPACE_EGRESS: `node ${command}`,
    RUNNER_TEMP: folder,
    GITHUB_STEP_SUMMARY: join(folder, 'summary'),
  };
  const ended = await runStep(step, { vars: { EGRESS_EVIDENCE_BRANCH: 'kept' } }, { cwd: clone, env });
  expect([ended.code, ended.printed]).toEqual([0, expect.stringMatching(/2 records, nothing is missing or changed/)]);
  git(folder, 'clone', '--quiet', '--branch', 'kept', remote, 'other');
  const { records } = checkChain(folderFiles(join(folder, 'other')));
  expect(records.map(({ subject }) => subject)).toEqual(ARTIFACTS);
});

describe('a branch', () => {
  let clone: string;

  beforeEach(() => {
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
});

/** Runs git in a folder, and returns its output. */
function git(folder: string, ...args: readonly string[]): string {
  return execFileSync('git', [...args], { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}
