import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { satisfies } from 'semver';
import manifest from '../../package.json';
import schema from '../../review/report/review.schema.json';
import { withImportsOf } from '../../tools/build-library';
import {
  COMMON,
  dockerBindings,
  EDITIONS,
  HOMEPAGE,
  libraryManifest,
  packageReadme,
  section,
  withWholeLinks,
} from '../../tools/packages';
import { REPOSITORY } from '../../tools/platform';
import { problemsOfRelease, releaseNotes } from '../../tools/release';
import { pagesWithCode, readPage } from '../support/pages';

const [cdktf, cdktn] = EDITIONS as [(typeof EDITIONS)[number], (typeof EDITIONS)[number]];

describe('the imports of the sources', () => {
  test.each([
    ['constructs/space.js', 'require("cdktf")', 'require("cdktf")', 'require("cdktn")'],
    ['constructs/space.d.ts', "from 'cdktf/lib/x'", "from 'cdktf/lib/x'", "from 'cdktn/lib/x'"],
    ['constructs/space.d.ts', 'import("constructs").Node', 'import("constructs").Node', 'import("constructs").Node'],
    [
      'constructs/proxy-image.js',
      'require("@cdktf/provider-docker/lib/image")',
      'require("../docker/image/index")',
      'require("../docker/image/index")',
    ],
    [
      'constructs/space.js',
      'require("@cdktf/provider-cloudfoundry/lib/app")',
      'require("../cloudfoundry/app/index")',
      'require("../cloudfoundry/app/index")',
    ],
    [
      'main.ts',
      "import { provider } from 'cdktf-space-egress/cloudfoundry';",
      "import { provider } from 'cdktf-space-egress/cloudfoundry';",
      "import { provider } from 'cdktn-space-egress/cloudfoundry';",
    ],
    ['constructs/x.js', 'require("./space")', 'require("./space")', 'require("./space")'],
    ['constructs/x.js', "'from cdktf to cdktn'", "'from cdktf to cdktn'", "'from cdktf to cdktn'"],
  ])('in %s: %s', (path, text, ...expected) => {
    expect([cdktf, cdktn].map((edition) => withImportsOf(edition, path, text))).toEqual(expected);
  });
});

describe.each(EDITIONS)('$name', (edition) => {
  test('requires the versions that the repository is built and tested with', () => {
    const versions: Readonly<Record<string, string>> = manifest.devDependencies;
    for (const [name, { name: published, range }] of Object.entries(edition.peers)) {
      if (published === name) expect([name, satisfies(versions[name] ?? '', range)]).toEqual([name, true]);
    }
  });

  test("publishes nothing in someone else's scope, and requires only its peers", () => {
    const text = JSON.stringify(libraryManifest(edition));
    expect(text).not.toMatch(/provider-(cloudfoundry|docker)/);
    expect(text).not.toMatch(/"dependencies"/);
  });

  test('states the license of the bindings that it contains', () => {
    expect(libraryManifest(edition)).toMatchObject({ license: 'CC0-1.0 AND MPL-2.0' });
    expect([...dockerBindings().files.keys()]).toEqual(expect.arrayContaining(['docker/LICENSE', 'docker/README.md']));
    expect(dockerBindings().files.get('docker/README.md')).toContain('/tree/v12.0.3');
  });

  test('has a page whose links lead to files of the release', () => {
    const targets = [...packageReadme(edition).matchAll(/\]\(([^)]+)\)/g)].map(([, target = '']) => target);
    expect(targets.length).toBeGreaterThan(2);
    const base = `${HOMEPAGE}/blob/v${COMMON.version}/`;
    const files = targets.filter((target) => target !== HOMEPAGE).map((target) => target.replace(/#.*/, ''));
    expect(files.filter((file) => !file.startsWith(base))).toEqual([]);
    expect(files.filter((file) => !existsSync(join(REPOSITORY, file.slice(base.length))))).toEqual([]);
  });

  test('has a page that names its own CDK in every command and import', () => {
    const code = [...packageReadme(edition).matchAll(/^```(?:sh|ts)\n([^]*?)^```/gm)].map(([, text = '']) => text);
    const other = edition === cdktf ? 'cdktn' : 'cdktf(?!\\.out)';
    expect(code.join('')).toContain(`from '${edition.peers.cdktf.name}'`);
    expect(code.join('')).toContain(`npm install ${edition.name} ${edition.peers.cdktf.name} constructs`);
    expect(code.join('')).not.toMatch(new RegExp(`\\b${other}\\b`));
  });
});

test('a section of a page ends at the next heading of its level', () => {
  expect(section('# A\n\n## One\n\ntext\n\n### Deep\n\nmore\n\n## Two\n\nrest\n', 'One')).toBe(
    'text\n\n### Deep\n\nmore',
  );
  expect(() => section('# A\n', 'One')).toThrow('the page has no section "One"');
});

test('links to other sites and within a page stay as they are', () => {
  expect(withWholeLinks('[a](https://x.example/y) [b](#c)')).toBe('[a](https://x.example/y) [b](#c)');
});

describe('the name of the repository', () => {
  const WORKFLOW = /uses: (\S+)\/\.github\/workflows\//g;

  test("is a single constant, used by pages, the review's schema and callers of the workflows", () => {
    const own = new URL(HOMEPAGE).pathname.slice(1);
    const named = pagesWithCode().flatMap((page) => [...readPage(page).matchAll(WORKFLOW)].map(([, name]) => name));
    expect([...new Set(named)]).toEqual([own]);
    expect(schema.$id).toBe(`${HOMEPAGE}/review.schema.json`);
  });

  test('is never a placeholder', () => {
    const tracked = execFileSync('git', ['ls-files', '-z', '*.md', '*.yml', '*.json'], {
      cwd: REPOSITORY,
      encoding: 'utf8',
    });
    const open = tracked
      .split('\0')
      .filter((file) => file !== '' && existsSync(join(REPOSITORY, file)))
      .filter((file) => /OWNER\/REPO/.test(readFileSync(join(REPOSITORY, file), 'utf8')));
    expect(open).toEqual([]);
  });
});

test("the workspace of the bindings isn't published", () => {
  const bindings = JSON.parse(readFileSync(join(REPOSITORY, 'provider', 'package.json'), 'utf8')) as object;
  expect([manifest, bindings]).toEqual([
    expect.objectContaining({ private: true }),
    expect.objectContaining({ private: true }),
  ]);
});

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
