/** What the workflow runs for a pull request, from the change of the program to the sentence of the comment. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTreeFolder } from '../../review/input';
import { clauseOf, sentenceOf } from '../../review/report';
import { reviewTrees } from '../../review/review';
import { REPOSITORY } from '../../tools/platform';

jest.setTimeout(180_000);

let scratch: string;
const git = (...args: string[]): string =>
  execFileSync('git', args, { cwd: join(scratch, 'clone'), encoding: 'utf8' }).trim();

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'review-workflow-'));
  execFileSync('git', ['clone', '--quiet', '--shared', REPOSITORY, join(scratch, 'clone')]);
  symlinkSync(join(REPOSITORY, 'node_modules'), join(scratch, 'clone', 'node_modules'));
});

afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
});

test('a line added to the example’s allowlist becomes one row of the comment', () => {
  const clone = join(scratch, 'clone');
  const program = readFileSync(join(clone, 'main.ts'), 'utf8');
  const changed = program.replace('allow: [', "allow: [\n        Destination.host('api.example.gov'),");
  expect(changed).not.toBe(program);
  writeFileSync(join(clone, 'main.ts'), changed);
  git(
    '-c',
    'user.name=test',
    '-c',
    'user.email=test@example.gov',
    'commit',
    '--quiet',
    '--all',
    '--message',
    'Allow it',
  );

  const out = join(scratch, 'out');
  execFileSync(join(clone, 'review', 'synth-both.sh'), [git('rev-parse', 'HEAD~1'), out], {
    cwd: clone,
    stdio: 'pipe',
  });
  const report = reviewTrees(readTreeFolder(join(out, 'before')), readTreeFolder(join(out, 'after')));

  expect(sentenceOf(report)).toBe(
    'opens 1, closes 0: `egress-demo` can now reach `api.example.gov:443` through `egress-proxy`',
  );
  expect(report.widens).toBe(true);
  expect(report.environments.flatMap(({ opens }) => opens.flatMap((row) => [clauseOf(row), ...row.code]))).toEqual([
    '`egress-demo` can now reach `api.example.gov:443` through `egress-proxy`',
    'egress-demo/EgressProxy',
  ]);
  expect(git('worktree', 'list').split('\n')).toHaveLength(1);
});
