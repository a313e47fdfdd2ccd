import { NOTES } from './blocks';
import { block, text as textOf } from '../json';
import { BETWEEN } from './closure';
import { canonical, Unresolved, type Resource } from '../values';

/**
 * Identifies the content of a file, by its path relative to the stack's folder; undefined if there is no such file, or
 * if it is to be read as a template and may itself read others.
 */
export type Files = (path: string, isTemplate?: boolean) => string | undefined;

/** Stands for the content of a file that the review wasn't given. */
export const NOT_HANDED_ON = 'a file that the review was not given';

export function isUnavailable({ content }: { readonly content: string }): boolean {
  return content.startsWith(`"${NOT_HANDED_ON} `);
}

const CALL = new RegExp(
  String.raw`\b(file\w*|templatefile)${BETWEEN}\(\s*(?:"((?:[^"\\$%]|\$\{path\.(?:module|root)\})*)"\s*[,)])?`,
  'g',
);
const OF_TEMPLATE = new RegExp(String.raw`\btemplatestring${BETWEEN}\(\s*(?:(local\.[\w-]+)\s*,)?`, 'g');
/** Functions of providers are programs. Those of these providers, under their usual names, read nothing. */
const OF_PROVIDER = new RegExp(
  String.raw`\bprovider${BETWEEN}::(?!${BETWEEN}(?:aws|awscc|azurerm|google|google-beta|kubernetes|terraform|time)${BETWEEN}::)`,
);
const HERE = /^(?:\$\{path\.(?:module|root)\}\/)?(?:\.\/)*/;
/** cdktf copies the files that a program uses to a folder named after their hash. */
const BY_CONTENT = /^(?:\.\/)*assets\/[^/]+\/[0-9A-Fa-f]{32,}(?:\/|$)/;

/** Functions that give the clear text of a secret. */
export const UNMARKS = new RegExp(String.raw`\bnonsensitive${BETWEEN}\(`);
/** Whatever may read something of the machine, or unmark a secret. */
export const READS = new RegExp(String.raw`\b(?:file\w*|template\w+|nonsensitive|provider)${BETWEEN}(?:\(|::)`);

export interface FileCall {
  /** Undefined if it is computed. */
  readonly path?: string;
  /** Whether the path starts at the folder of the configuration; others start where the engine runs. */
  readonly isBeside: boolean;
  /** Whether the file may itself read other files. */
  readonly isTemplate: boolean;
  /** The local value with the template, for `templatestring`, whose templates read files in OpenTofu. */
  readonly template?: string;
}

/** The files that a text reads. */
export function filesIn(text: string): FileCall[] {
  const calls = [...text.matchAll(CALL)].map(([, name, path]): FileCall => ({
    isTemplate: name === 'templatefile',
    isBeside: path?.startsWith('${path.module}/') === true,
    ...(path !== undefined && { path: here(path) }),
  }));
  return [
    ...calls,
    ...[...text.matchAll(OF_TEMPLATE)].map(([, template]) => ({ isTemplate: true, isBeside: false, template })),
    ...(OF_PROVIDER.test(text) ? [{ isTemplate: false, isBeside: false }] : []),
  ];
}

/** Whether the text is a template that may itself read files. */
export function mayRead(text: string): boolean {
  return /[$%]\{/.test(text) && filesIn(text).length > 0;
}

/** Relative to the folder of the stack. */
function here(path: string): string {
  return path.replace(HERE, '');
}

/** Types that read files where the engine runs, and the arguments with their paths. */
const READERS: Readonly<Record<string, readonly string[]>> = {
  'data.archive_file': ['source_dir', 'source_file'],
  archive_file: ['source_dir', 'source_file'],
  'data.local_file': ['filename'],
  'data.local_sensitive_file': ['filename'],
  local_file: ['source'],
  local_sensitive_file: ['source'],
};
/** Data sources that read no file, or none that a change of the code can affect. */
const READ_NONE =
  /^data\.(?:aws|awscc|azuread|azurerm|cloudfoundry|docker|google|http|kubernetes|random|terraform|time|tls)_|^data\.http$/;

/** Whether a block reads files whose paths don't contain a hash of the content. */
export function readsFiles(address: string, body: Readonly<Record<string, unknown>>): boolean {
  const kind = /^(?:data\.)?[\w-]+/.exec(address)?.[0] ?? '';
  const paths = Object.hasOwn(READERS, kind) ? (READERS[kind] ?? []) : undefined;
  if (paths === undefined) return readsUnseen(kind);
  return paths
    .map((name) => body[name] ?? null)
    .some((path) => path !== null && !(typeof path === 'string' && isNamedByContent(here(path))));
}

/** Whether a kind of blocks may read files that none of its known arguments names. */
export function readsUnseen(kind: string): boolean {
  return kind.startsWith('data.') && !READ_NONE.test(kind);
}

/** Whether the path identifies the content, so that other content has another path. */
export function isNamedByContent(path: string): boolean {
  return BY_CONTENT.test(path) && !path.includes('..');
}

/** The hash of a file that was there when the stack was converted. */
export function notedIn(json: unknown, path: string, isTemplate: boolean): string | undefined {
  const { files, templates } = block(block(block(json)['//'])[NOTES]);
  const noted = block(isTemplate ? templates : files);
  return Object.hasOwn(noted, path) ? textOf(noted[path]) : undefined;
}

/** Whether a template is a constant, in whose text files can be searched. */
export function isFixed(value: unknown): boolean {
  return typeof value === 'string' && !/[$%]\{/.test(value.replace(/\$\$\{|%%\{/g, ''));
}

/**
 * A hash that the code writes as a literal says nothing about the file at the path, which each update uploads. So it
 * stands for whatever else the application says, unless the path itself contains a hash of the content.
 */
export function withPackage(resource: Resource): Resource {
  const { type, values } = resource;
  const { path } = values;
  if (type !== 'cloudfoundry_app' || typeof path !== 'string' || isNamedByContent(path)) return resource;
  // Not needed for an image, where it would be long.
  if (typeof values.source_code_hash !== 'string') return resource;
  const said = new Unresolved(`text ${canonical(values)}`, 'it is written as a string');
  return { ...resource, values: { ...values, source_code_hash: said } };
}

/** `git::`, `s3::` */
const GETTERS = String.raw`(?:[a-z0-9]+::)*`;
const ELSEWHERE: readonly RegExp[] = [
  // A registry's module: [HOST/]NAMESPACE/NAME/PROVIDER
  /^(?:\w[\w-]*(?:\.[\w-]+)+(?::\d+)?\/)?\w[\w-]*\/\w[\w-]*\/\w[\w-]*(?:\/\/.*)?$/,
  // A host with a scheme, without one, and with a user, as for SSH
  new RegExp(String.raw`^${GETTERS}(?!file:)[a-z][a-z0-9+.-]*:\/\/[^/]`, 'i'),
  new RegExp(String.raw`^${GETTERS}[\w-]+(?:\.[\w-]+)*\.[a-z]+\/`, 'i'),
  new RegExp(String.raw`^${GETTERS}[\w-]+@[\w.-]+:`, 'i'),
];

/**
 * Whether a module certainly comes from another machine or a registry. Anything else may be a folder here: a path, a
 * URL of a file, or a text that only the engine can compute.
 *
 * @see https://developer.hashicorp.com/terraform/language/modules/sources
 */
export function isElsewhere(source: unknown): boolean {
  return typeof source === 'string' && ELSEWHERE.some((pattern) => pattern.test(source));
}
