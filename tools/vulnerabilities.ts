/**
 * `npm run vulnerabilities -- IMAGE [--write]`: compares what Debian says it has fixed in the squid of an image with the table
 * of docs/squid-vulnerabilities.md, or writes that table.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { run } from './command';
import { enter } from './entry';
import { Failure } from './failure';
import { table } from './markdown-table';
import { REPOSITORY } from './platform';

const USAGE = 'npm run vulnerabilities -- IMAGE [--write]';
const HELP = `usage: ${USAGE}

Fails if the squid of an image names a vulnerability in its
changelog that docs/squid-vulnerabilities.md has no row for.

--write  brings the rows up to date`;
const PAGE = join(REPOSITORY, 'docs/squid-vulnerabilities.md');
const CHANGELOG = '/usr/share/doc/squid-openssl/changelog.Debian.gz';

export interface Fix {
  readonly cve: string;
  /** The package that has the fix; where several name it, the latest. */
  readonly version: string;
}

/** The vulnerabilities that a Debian changelog names, as it has them: the latest first. */
export function readChangelog(changelog: string): Fix[] {
  const versions = new Map<string, string>();
  for (const release of changelog.split(/^(?=\S+ \([^)]+\) )/m)) {
    const version = /^\S+ \(([^)]+)\)/.exec(release)?.[1] ?? '';
    for (const cve of release.match(/CVE-\d{4}-\d+/g) ?? []) {
      if (!versions.has(cve)) versions.set(cve, version);
    }
  }
  return [...versions].map(([cve, version]) => ({ cve, version }));
}

/** A row of the page, whose last two cells a person writes. */
interface Row extends Fix {
  /** Where in squid it is. */
  readonly part: string;
  /** What keeps it from this proxy besides the fix. */
  readonly besides: string;
}

const HEAD = ['vulnerability', 'fixed in', 'where', 'and besides'];
const UNREAD = '?';

export const rowsOf = (page: string): Row[] =>
  [...page.matchAll(/^\| (CVE-\d{4}-\d+) \| (.*?) \| (.*?) \| (.*?) \|$/gm)].map(
    ([, cve = '', version = '', part = '', besides = '']) => ({ cve, version, part, besides }),
  );

/** What is wrong with the page, a line each. */
export function faultsOf(page: string, fixes: readonly Fix[]): string[] {
  const rows = new Map(rowsOf(page).map((row) => [row.cve, row]));
  return fixes.flatMap(({ cve, version }) => {
    const row = rows.get(cve);
    if (row === undefined) return [`${cve} has no row; ${version} fixes it`];
    if (row.part === UNREAD) return [`${cve} says nothing of where it is`];
    return row.version === version ? [] : [`${cve} is fixed in ${version}, not in ${row.version}`];
  });
}

/** The page with a row for each, in the order of the changelog; what people wrote stays. */
export function rewrite(page: string, fixes: readonly Fix[]): string {
  const known = new Map(rowsOf(page).map((row) => [row.cve, row]));
  const rows = fixes.map(({ cve, version }) => {
    const { part = UNREAD, besides = '' } = known.get(cve) ?? {};
    return [cve, version, part, besides];
  });
  const end = page.search(/^\| vulnerability /m);
  return `${page.slice(0, end < 0 ? undefined : end).trimEnd()}\n\n${table(HEAD, rows)}\n`;
}

export async function changelogOf(image: string): Promise<string> {
  return run('docker', ['run', '--rm', '--network', 'none', '--entrypoint', 'zcat', image, CHANGELOG]);
}

interface Arguments {
  readonly image: string;
  readonly write: boolean;
}

export function readArguments(args: readonly string[]): Arguments {
  const options = { write: { type: 'boolean', default: false } } as const;
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const [image, ...rest] = positionals;
  if (image === undefined || rest.length > 0) {
    throw new Failure(`"${positionals.join(' ')}" is not an image`, 'one is compared', USAGE);
  }
  return { image, ...values };
}

async function main(args: readonly string[]): Promise<void> {
  const { image, write } = readArguments(args);
  const fixes = readChangelog(await changelogOf(image));
  if (fixes.length === 0) throw new Failure(`${image} names no vulnerability`, `${CHANGELOG} is empty`, USAGE);
  const page = readFileSync(PAGE, 'utf8');
  const text = write ? rewrite(page, fixes) : page;
  if (write) writeFileSync(PAGE, text);
  const faults = faultsOf(text, fixes);
  if (faults.length > 0) {
    const remedy = 'run it with --write, say in each new row where it is, and commit docs/squid-vulnerabilities.md';
    throw new Failure(`the table of vulnerabilities is not that of ${image}`, faults.join('; '), remedy);
  }
  process.stdout.write(`${fixes.length} vulnerabilities of squid, each with a row\n`);
}

if (require.main === module) enter(HELP, main);
