import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { BETWEEN } from '../readers/tree/closure';
import { filesIn } from '../readers/tree/files';

/** Paths that lead out of a module's folder. */
const OUTSIDE = new RegExp(String.raw`\.\.\/|\bpath${BETWEEN}\.${BETWEEN}(?:root|cwd)\b|"(?:\/|~)`);
/** A module call with a computed source, which OpenTofu allows. */
const CALLS = /\bmodule\b/;
const WORKED_OUT = /\bsource"?\s*[=:]\s*(?:[^"\s]|"[^"\n]*[$%]\{)/;

/**
 * A hash of everything in a local module, or undefined if its folder doesn't contain everything: a link, another module
 * or a computed path may lead elsewhere.
 */
export function contentOf(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory());
  const files = entries.map(({ parentPath, name }) => join(parentPath, name)).sort();
  const hash = createHash('sha256');
  for (const file of files) {
    const content = readFileSync(file);
    if (/\.(?:tf|tofu)(?:\.json)?$/.test(file) ? leadsOut(content.toString()) : mayRead(content.toString()))
      return undefined;
    hash.update(`${relative(folder, file)}\0`).update(createHash('sha256').update(content).digest());
  }
  return entries.every((entry) => entry.isFile()) ? hash.digest('hex') : undefined;
}

function leadsOut(text: string): boolean {
  const isCalled = CALLS.test(text) && WORKED_OUT.test(text);
  return isCalled || OUTSIDE.test(text) || filesIn(text).some(({ path }) => path === undefined);
}

/** Whether the text is a template that may itself read files. */
function mayRead(text: string): boolean {
  return /[$%]\{/.test(text) && filesIn(text).length > 0;
}
