/**
 * `node tools/bootstrap.mjs release check TAG`, `... pack`, `... publish`: what the workflow of a tag runs, in this order.
 * What is attached to the release lies in `dist/`.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CommandFailure, run } from './command';
import { enter } from './entry';
import { Failure } from './failure';
import { packAll } from './pack-all';
import { packageSbom } from './spdx';
import { COMMAND, COMMON, DIST, EDITIONS } from './packages';
import { REPOSITORY } from './platform';

const { version, license } = COMMON;
const changelog = (): string => readFileSync(join(REPOSITORY, 'CHANGELOG.md'), 'utf8');

function check(tag: string): Promise<void> {
  const problems = problemsOfRelease(tag, version, changelog());
  if (problems.length === 0) return Promise.resolve();
  const failure = new Failure(`${tag} is not released`, problems.join('; '), 'correct it, and tag the new commit');
  return Promise.reject(failure);
}

/** Tarballs, their bills of materials, checksums of all of these, and what the release says. */
export async function packRelease(folder: string = DIST, now: Date = new Date()): Promise<string[]> {
  const packed = await packAll(folder);
  const files = packed.flatMap(({ name, tarball, parts }) => {
    const sbom = tarball.replace(/\.tgz$/, '.spdx.json');
    writeFileSync(sbom, `${JSON.stringify(packageSbom({ name, version, license }, parts, now), undefined, 2)}\n`);
    return [tarball, sbom];
  });
  const sums = files.map(
    (file) => `${createHash('sha256').update(readFileSync(file)).digest('hex')}  ${basename(file)}`,
  );
  writeFileSync(join(folder, 'SHA256SUMS'), `${sums.join('\n')}\n`);
  writeFileSync(join(folder, 'NOTES.md'), `${releaseNotes(version, changelog())}\n`);
  return files;
}

/**
 * Publishes what was packed, to the registry of npm's settings. All or none: if one package has this version already,
 * none is published. In a workflow the registry is given the proof of where it was made.
 */
export async function publishRelease(folder: string = DIST, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const names = [...EDITIONS.map(({ name }) => name), COMMAND];
  const there: string[] = [];
  for (const name of names) {
    // npm fails for a package that is not there, and prints nothing for a version that is not.
    const found = await run('npm', ['view', `${name}@${version}`, 'version'], { env }).catch((error: unknown) => {
      if (error instanceof CommandFailure && error.output.includes('E404')) return '';
      throw error;
    });
    if (found.trim() !== '') there.push(`${name}@${version}`);
  }
  if (there.length > 0) {
    throw new Failure(
      'nothing was published',
      `the registry has ${there.join(' and ')}`,
      'a version is never published twice: raise it in package.json and in CHANGELOG.md',
    );
  }
  const provenance = env.GITHUB_ACTIONS === 'true' ? ['--provenance'] : [];
  for (const name of names) {
    await run('npm', ['publish', join(folder, `${name}-${version}.tgz`), '--access', 'public', ...provenance], { env });
  }
}

const STEPS: Readonly<Record<string, (args: readonly string[]) => Promise<unknown>>> = {
  check: ([tag = '']) => check(tag),
  pack: () => packRelease(),
  publish: () => publishRelease(),
};

const HELP = `usage: node tools/bootstrap.mjs release check TAG | pack | publish

Checks that a tag may become a release, makes what is released in dist/, and publishes it.`;

async function main([step = '', ...args]: readonly string[]): Promise<void> {
  const take = STEPS[step];
  if (take !== undefined) await take(args);
  else throw new Failure(`no step "${step}" of a release`, `steps are ${Object.keys(STEPS).join(', ')}`, 'name one');
}

interface Entry {
  readonly date: string | undefined;
  readonly text: string;
}

/** The entries of a changelog by version, or `Unreleased`. @see https://keepachangelog.com/en/1.1.0/ */
function readChangelog(changelog: string): Map<string, Entry> {
  // Each heading's version and date, and the text after it.
  const [, ...parts] = changelog.split(/^## \[([^\]]+)\](?: - (\d{4}-\d{2}-\d{2}))?$/m) as (string | undefined)[];
  const entries = new Map<string, Entry>();
  while (parts.length > 0) {
    const [version = '', date, text = ''] = parts.splice(0, 3);
    entries.set(version, { date, text: text.trim() });
  }
  return entries;
}

export const releaseNotes = (version: string, changelog: string): string =>
  readChangelog(changelog).get(version)?.text ?? '';

/**
 * The reasons why a tag can't become a release; empty if it can.
 *
 * @param tag as `v0.1.0`
 * @param version of package.json
 */
export function problemsOfRelease(tag: string, version: string, changelog: string): string[] {
  const entries = readChangelog(changelog);
  const entry = entries.get(version);
  const problems: readonly [boolean, string][] = [
    [tag !== `v${version}`, `the tag is ${tag}, but package.json has ${version}: tag v${version}`],
    [entry === undefined, `CHANGELOG.md has nothing about ${version}: add "## [${version}] - YYYY-MM-DD"`],
    [entry !== undefined && entry.text === '', `CHANGELOG.md has no changes below ${version}: say what is new`],
    [entry !== undefined && entry.date === undefined, `CHANGELOG.md has no date for ${version}: add it to the heading`],
    [
      (entries.get('Unreleased')?.text ?? '') !== '',
      `CHANGELOG.md has changes under Unreleased: move them to ${version}, or release them with the next`,
    ],
  ];
  return problems.filter(([wrong]) => wrong).map(([, problem]) => problem);
}

if (require.main === module) enter(HELP, main);
