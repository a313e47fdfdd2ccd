import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { strToU8, zipSync, type Zippable } from 'fflate';
import ignore from 'ignore';

/** Files that the cf CLI never pushes, and installed packages, which staging installs itself. */
const NEVER_PUSHED = [
  '/.cfignore',
  '/manifest.yml',
  '.gitignore',
  '.git',
  '.hg',
  '.svn',
  '_darcs',
  '.DS_Store',
  'node_modules',
];

const UNIX = 3;
// ZIP files store local times only, starting in 1980.
const NO_TIME = new Date(1980, 0, 1);

/** A folder as it is pushed. The same files give the same bytes on any machine, at any time. */
export interface Bits {
  readonly zip: Uint8Array;
  /** The hash in hexadecimal, for file names. */
  readonly sha256: string;
}

/**
 * Packs a folder without the files that its .cfignore and the cf CLI exclude; `!pattern` in .cfignore includes files
 * again.
 *
 * The compressor is written in JavaScript because Node.js's own output differs between processors. Order, times and
 * modes of the entries don't depend on the checkout.
 *
 * @param extra files to add, by path
 */
export function packBits(folder: string, extra: Readonly<Record<string, string>> = {}): Bits {
  const files: Zippable = {};
  for (const [path, content] of Object.entries(extra)) {
    if (existsSync(join(folder, path))) {
      throw new Error(`${join(folder, path)} would be overwritten: ${path} is added to every push, rename yours`);
    }
    files[path] = entry(strToU8(content), false);
  }
  for (const path of pushedFiles(folder)) {
    const file = join(folder, path);
    files[path] = entry(readFileSync(file), isExecutable(file));
  }
  const sorted = Object.fromEntries(Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1)));
  const zip = zipSync(sorted, { level: 6, mtime: NO_TIME, os: UNIX });
  return { zip, sha256: createHash('sha256').update(zip).digest('hex') };
}

/** Git stores only the executable bit of a file's mode; the rest depends on the umask at checkout. */
function entry(content: Uint8Array, executable: boolean): Zippable[string] {
  return [content, { attrs: (0o100000 | (executable ? 0o755 : 0o644)) << 16 }];
}

/** A hash of everything in a folder, independent of the checkout. */
export function folderHash(folder: string): string {
  const hash = createHash('sha256');
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(folder, path)).isFile())
    .map((path) => path.split(sep).join('/'));
  for (const path of paths.sort()) {
    const content = readFileSync(join(folder, path));
    const mode = isExecutable(join(folder, path)) ? 'x' : '-';
    hash.update(`${path}\0${mode}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

function isExecutable(file: string): boolean {
  return (statSync(file).mode & 0o111) !== 0;
}

function pushedFiles(folder: string): string[] {
  const ignored = ignore().add(NEVER_PUSHED);
  const own = join(folder, '.cfignore');
  if (existsSync(own)) ignored.add(readFileSync(own, 'utf8'));
  const root = realpathSync(folder);

  const found: string[] = [];
  const walk = (below: string): void => {
    for (const item of readdirSync(join(folder, below), { withFileTypes: true })) {
      const path = below === '' ? item.name : `${below}/${item.name}`;
      if (ignored.ignores(item.isDirectory() ? `${path}/` : path)) continue;
      if (item.isDirectory()) walk(path);
      else if (item.isFile() || isLinkWithin(root, join(folder, path))) found.push(path);
      else
        throw new Error(
          `${join(folder, path)} can't be pushed: it is not a file inside ${folder}, add it to .cfignore`,
        );
    }
  };
  walk('');
  return found;
}

function isLinkWithin(root: string, file: string): boolean {
  if (!existsSync(file) || !statSync(file).isFile()) return false;
  return !relative(root, realpathSync(file)).startsWith(`..${sep}`);
}

let staged: string | undefined;

/** Writes the ZIP to a temporary file until synth copies it; removed when the program ends. */
export function stageBits({ zip, sha256 }: Bits): string {
  if (staged === undefined || !existsSync(staged)) {
    const folder = mkdtempSync(join(tmpdir(), 'space-egress-bits-'));
    process.once('exit', () => {
      rmSync(folder, { recursive: true, force: true });
    });
    staged = folder;
  }
  const file = join(staged, sha256, 'bits.zip');
  if (!existsSync(file)) {
    mkdirSync(join(staged, sha256), { recursive: true });
    writeFileSync(file, zip);
  }
  return file;
}
