import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { InputError } from './readers/input';
import { type Json, isJson, mapObject, member } from './readers/json';
import { BETWEEN } from './readers/tree/closure';
import { filesIn, mayRead, readsUnseen, isElsewhere } from './readers/tree/files';

/** How many labels are between a section's name and a body. */
const LABELS: Readonly<Record<string, number>> = {
  ...{ resource: 2, data: 2, ephemeral: 2, action: 2 },
  ...{ variable: 1, output: 1, module: 1, provider: 1, check: 1 },
  ...{ terraform: 0, locals: 0 },
};

/**
 * Arguments whose value is an address or a type rather than an expression: JSON syntax writes them as plain strings.
 */
const BARE: readonly RegExp[] = [
  /^(?:resource|data|ephemeral|action|module|output)\.depends_on$/,
  /^check\.data\.[^.]+\.[^.]+\.depends_on$/,
  /^(?:resource|data|ephemeral|action)\.provider$/,
  /^module\.providers$/,
  /^resource\.lifecycle\.(?:ignore_changes|replace_triggered_by)$/,
  /^variable\.type$/,
  /^moved\.(?:from|to)$/,
  /^removed\.from$/,
  /^import\.(?:to|provider)$/,
];

/** A local module's folder. */
interface Content {
  readonly hash: string;
  /** Whether the module reads nothing else. */
  readonly isAll: boolean;
}

/**
 * Converts the HCL files of a module to one configuration in JSON syntax, which is what `cdktf synth` writes.
 *
 * @param files as `@cdktf/hcl2json` returns them: every block in a list, every expression in `${}`
 * @param contentOf a hash of the content of a local module's folder, which becomes part of the module's path, as for
 * cdktf's assets, because nothing else of the module is passed on
 * @param values of variables, by the files that set them, as JSON; the last file takes precedence
 * @see https://developer.hashicorp.com/terraform/language/syntax/json
 */
export function fromHcl(
  files: readonly unknown[],
  contentOf: (source: string) => Content | undefined,
  values: readonly Json[] = [],
): Json {
  const joined = files.reduce<unknown>(together, {}) as Json;
  const json = Object.fromEntries(
    Object.entries(joined).map(([section, content]) => [section, below(content, LABELS[section], section)]),
  );
  const modules = mapObject(json.module, (call) => named(call, contentOf));
  const variables = mapObject(json.variable, (body, name) => valued(body, name, values));
  return {
    ...json,
    ...(modules !== undefined && { module: modules }),
    ...(variables !== undefined && { variable: variables }),
  };
}

/**
 * A value from a variable file replaces the variable's default, except for null if the variable can't be null.
 */
function valued(body: unknown, name: string, values: readonly Json[]): unknown {
  const set = values.findLast((file) => Object.hasOwn(file, name))?.[name];
  const isKept = set === undefined || (set === null && (member(body, 'nullable') ?? true) !== true);
  const value = isKept ? literal(member(body, 'default')) : set;
  return isJson(body) && value !== undefined ? { ...body, default: value } : body;
}

/**
 * A constant of a variable file or a default as JSON syntax writes it: the only place where strings aren't templates.
 *
 * @throws if it isn't a constant
 */
export function literal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(literal);
  if (isJson(value))
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [literal(name), literal(each)]));
  if (typeof value !== 'string') return value;
  if (/[$%]\{/.test(value.replace(ESCAPED, '')))
    throw new InputError('a default, or a value of a variable, is an expression: write a constant');
  return value.replace(ESCAPED, '$1{');
}

const ESCAPED = /([$%])\1\{/g;

function named(call: unknown, contentOf: (source: string) => Content | undefined): unknown {
  const source = member(call, 'source');
  if (!isJson(call) || typeof source !== 'string' || !/^\.\.?\//.test(source)) return call;
  const content = contentOf(source);
  const name = source.replace(/^.*\//, '').replace(/[^\w-]/g, '');
  // Only the first of the two names is taken for the whole content.
  const folder = content?.isAll === true ? 'assets' : 'folders';
  return content === undefined ? call : { ...call, source: `./${folder}/${name}/${content.hash}` };
}

function together(one: unknown, other: unknown): unknown {
  if (Array.isArray(one) && Array.isArray(other)) return [...(one as unknown[]), ...(other as unknown[])];
  if (!isJson(one) || !isJson(other)) return other;
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return Object.fromEntries(
    [...names].map((name) => {
      const [has, also] = [one, other].map((each) => Object.hasOwn(each, name));
      return [name, has && also ? together(one[name], other[name]) : (has ? one : other)[name]];
    }),
  );
}

/** A body with a name is a list of one; there may be several bodies without a name. */
function below(content: unknown, labels: number | undefined, section: string): unknown {
  if (labels !== undefined && labels > 0 && isJson(content))
    return Object.fromEntries(
      Object.entries(content).map(([label, inner]) => [label, below(inner, labels - 1, section)]),
    );
  const bodies = (Array.isArray(content) ? content : [content]).map((body) => bare(body, section));
  return bodies.length === 1 && labels !== undefined ? bodies[0] : bodies;
}

function bare(value: unknown, path: string): unknown {
  if (BARE.some((pattern) => pattern.test(path))) return addresses(value);
  if (Array.isArray(value)) return value.map((each) => bare(each, path));
  if (!isJson(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, bare(inner, `${path}.${name}`)]));
}

function addresses(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(addresses);
  if (isJson(value)) return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, addresses(each)]));
  return typeof value === 'string' && value.startsWith('${') && value.endsWith('}') ? value.slice(2, -1) : value;
}

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
