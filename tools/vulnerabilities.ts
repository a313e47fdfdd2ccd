/**
 * `npm run vulnerabilities -- IMAGE [--write]`: compares what Debian says it has fixed in the squid and the haproxy of an image
 * with the tables of squid/docs/squid-vulnerabilities.md and squid/docs/haproxy-vulnerabilities.md, or writes those tables.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { run } from './command';
import { enter } from './entry';
import { Failure } from './failure';
import { table } from './markdown';
import { REPOSITORY } from './platform';

const USAGE = 'npm run vulnerabilities -- IMAGE [--write]';
const HELP = `usage: ${USAGE}

Fails if squid or haproxy of an image names a vulnerability in
its changelog that squid/docs/squid-vulnerabilities.md, or
squid/docs/haproxy-vulnerabilities.md, has no row for.

--write  brings the rows up to date`;

/** A program of the image, Debian's package of it, and the page with its table. */
interface Subject {
  readonly program: 'squid' | 'haproxy';
  readonly changelog: string;
  readonly page: string;
}

const subject = (program: Subject['program'], debianPackage: string): Subject => ({
  program,
  changelog: `/usr/share/doc/${debianPackage}/changelog.Debian.gz`,
  page: `squid/docs/${program}-vulnerabilities.md`,
});

/** What speaks to clients. */
export const SUBJECTS = [subject('squid', 'squid-openssl'), subject('haproxy', 'haproxy')] as const;

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
  /** Where in the program it is. */
  readonly part: string;
  /** What keeps it from this proxy besides the fix. */
  readonly besides: string;
}

const HEAD = ['vulnerability', 'fixed in', 'where', 'also prevented by'];
const UNREAD = '?';

export const rowsOf = (page: string): Row[] =>
  [...page.matchAll(/^\| (CVE-\d{4}-\d+) \| (.*?) \| (.*?) \| (.*?) \|$/gm)].map(
    ([, cve = '', version = '', part = '', besides = '']) => ({ cve, version, part, besides }),
  );

export function faultsOf(page: string, fixes: readonly Fix[]): string[] {
  const rows = new Map(rowsOf(page).map((row) => [row.cve, row]));
  return fixes.flatMap(({ cve, version }) => {
    const row = rows.get(cve);
    if (row === undefined) return [`${cve} has no row; ${version} fixes it`];
    if (row.part === UNREAD) return [`${cve} does not say where it is`];
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

async function read(image: string, path: string): Promise<string> {
  return run('docker', ['run', '--rm', '--network', 'none', '--entrypoint', 'zcat', image, path]);
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

/** Brings a page up to date if that is wanted; returns what is wrong with it then, and says what is right. */
async function compare({ program, changelog, page }: Subject, { image, write }: Arguments): Promise<string[]> {
  const fixes = readChangelog(await read(image, changelog));
  if (fixes.length === 0) throw new Failure(`${image} names no vulnerability`, `${changelog} is empty`, USAGE);
  const file = join(REPOSITORY, page);
  const text = write ? rewrite(readFileSync(file, 'utf8'), fixes) : readFileSync(file, 'utf8');
  if (write) writeFileSync(file, text);
  const faults = faultsOf(text, fixes);
  if (faults.length === 0) process.stdout.write(`${fixes.length} vulnerabilities of ${program}, each with a row\n`);
  return faults.map((fault) => `${page}: ${fault}`);
}

async function main(args: readonly string[]): Promise<void> {
  const wanted = readArguments(args);
  const faults: string[] = [];
  for (const each of SUBJECTS) faults.push(...(await compare(each, wanted)));
  if (faults.length > 0) {
    const remedy = 'run it with --write, say in each new row where it is, and commit the page';
    throw new Failure(`the table of vulnerabilities is not that of ${wanted.image}`, faults.join('; '), remedy);
  }
}

if (require.main === module) enter(HELP, main);
