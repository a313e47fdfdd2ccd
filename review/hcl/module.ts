import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { BETWEEN } from '../readers/tree/closure';
import { filesIn, mayRead, readsUnseen } from '../readers/tree/files';
import { isElsewhere } from '../readers/tree/sources';
import type { Content } from './convert';

/** Paths that lead out of a module's folder, and escapes, which may spell one. */
const OUTSIDE = new RegExp(String.raw`\.\.\/|\bpath${BETWEEN}\.${BETWEEN}(?:root|cwd)\b|"(?:\/|~)|\\(?:[uU]|\/)`);
/** What a configuration takes other configuration or files from, and where from, if that is written as a string. */
const SOURCE = new RegExp(String.raw`\bsource"?${BETWEEN}[=:]${BETWEEN}(?:"([^"\n]*)")?`, 'g');
const PROVIDER = /^[\w-]+\/[\w-]+$/;
const HERE = '${path.module}/';
/** Blocks that read the files which these arguments name. */
const READERS = /\b(?:archive_file|local_file|local_sensitive_file)\b/;
const READ = new RegExp(
  String.raw`\b(?:source_dir|source_file|filename)"?${BETWEEN}[=:]${BETWEEN}(?:"([^"\n]*)")?`,
  'g',
);
const LOOKUP = new RegExp(String.raw`\bdata"?${BETWEEN}:?${BETWEEN}\{?${BETWEEN}"([\w-]+)"`, 'g');

/** A hash of everything in a local module's folder; a link, another module or a path may lead out of it. */
export function contentOf(folder: string): Content | undefined {
  if (!existsSync(folder)) return undefined;
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory());
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const hash = createHash('sha256');
  let isAll = files.length === entries.length;
  for (const file of files.sort()) {
    const content = readFileSync(file);
    const leads = /\.(?:tf|tofu)(?:\.json)?$/.test(file) ? leadsOut : mayRead;
    isAll &&= !leads(content.toString());
    hash.update(`${relative(folder, file)}\0`).update(createHash('sha256').update(content).digest());
  }
  return { hash: hash.digest('hex'), isAll };
}

function leadsOut(text: string): boolean {
  const sources = [...text.matchAll(SOURCE)].map(([, source]) => source);
  const reads = READERS.test(text) ? [...text.matchAll(READ)].map(([, path]) => path) : [];
  return (
    OUTSIDE.test(text) ||
    !sources.every((source) => isToldBy(source, text)) ||
    !reads.every((path) => path?.startsWith(HERE)) ||
    [...text.matchAll(LOOKUP)].some(([, type = '']) => !READERS.test(type) && readsUnseen(`data.${type}`)) ||
    filesIn(text).some(({ isBeside }) => !isBeside)
  );
}

/** Whether a source is in the folder or on another machine. The engine takes other paths from where it runs. */
function isToldBy(source: string | undefined, text: string): boolean {
  if (source === undefined || /[$%]\{/.test(source))
    return !/\bmodule\b/.test(text) && source?.startsWith(HERE) === true;
  return source.startsWith('./') || PROVIDER.test(source) || isElsewhere(source);
}
