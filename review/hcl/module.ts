import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { filesIn } from '../readers/tree/files';

/** What leads out of a module's folder. */
const OUTSIDE = /\.\.\/|\bpath\s*\.\s*(?:root|cwd)\b|"(?:\/|~)/;

/** A template that reads files itself. */
const READS = /[$%]\{[^}]*\b(?:file\w*|templatefile)\s*\(/;

/**
 * A hash of all that a local module says, or undefined where that is not all in its folder: where a link, another module or a
 * path that is not written out leads elsewhere.
 */
export function contentOf(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory());
  const files = entries.map(({ parentPath, name }) => join(parentPath, name)).sort();
  const hash = createHash('sha256');
  for (const file of files) {
    const content = readFileSync(file);
    if (/\.(?:tf|tofu)(?:\.json)?$/.test(file) ? leadsOut(content.toString()) : READS.test(content.toString()))
      return undefined;
    hash.update(`${relative(folder, file)}\0`).update(createHash('sha256').update(content).digest());
  }
  return entries.every((entry) => entry.isFile()) ? hash.digest('hex') : undefined;
}

function leadsOut(text: string): boolean {
  return OUTSIDE.test(text) || filesIn(text).some(({ path }) => path === undefined);
}
