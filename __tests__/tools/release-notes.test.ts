import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMMON } from '../../tools/packages';
import { REPOSITORY } from '../../tools/platform';
import { problemsOfRelease, releaseNotes } from '../../tools/release';

const CHANGELOG = `# Changelog

## [Unreleased]

## [0.2.0] - 2026-12-01

### Added

- a thing

## [0.1.0] - 2026-11-28

- the first
`;

test("a release's notes are the changelog's section for its version", () => {
  expect(releaseNotes('0.2.0', CHANGELOG)).toBe('### Added\n\n- a thing');
});

test('a tag of the version in the changelog can be released', () => {
  expect(problemsOfRelease('v0.2.0', '0.2.0', CHANGELOG)).toEqual([]);
});

test.each([
  ['another version than the tag', 'v0.2.0', '0.3.0', CHANGELOG, 'the tag is v0.2.0, but package.json has 0.3.0'],
  ['no entry', 'v0.3.0', '0.3.0', CHANGELOG, 'CHANGELOG.md has nothing about 0.3.0: add "## [0.3.0] - YYYY-MM-DD"'],
  ['no changes', 'v0.3.0', '0.3.0', `${CHANGELOG}\n## [0.3.0] - 2026-12-02\n`, 'has no changes below 0.3.0'],
  ['no date', 'v0.3.0', '0.3.0', `${CHANGELOG}\n## [0.3.0]\n\n- more\n`, 'has no date for 0.3.0'],
  [
    'changes that wait',
    'v0.2.0',
    '0.2.0',
    CHANGELOG.replace('[Unreleased]\n', '[Unreleased]\n\n- more\n'),
    'has changes under Unreleased',
  ],
])('a release with %s is refused', (_what, tag, version, changelog, problem) => {
  expect(problemsOfRelease(tag, version, changelog)).toContainEqual(expect.stringContaining(problem));
});

test("this repository's changelog has its version, with a date", () => {
  const changelog = readFileSync(join(REPOSITORY, 'CHANGELOG.md'), 'utf8');
  const problems = problemsOfRelease(`v${COMMON.version}`, COMMON.version, changelog);
  expect(problems.filter((problem) => !problem.includes('Unreleased'))).toEqual([]);
});
