import { BETWEEN } from './closure';

/** What tells the content of a file in the folder of a stack, relative to it; undefined for one that is not there. */
export type Files = (path: string) => string | undefined;

/** Stands for what a file says that the review was not given. */
export const NOT_HANDED_ON = 'a file that the review was not given';

const CALL = new RegExp(
  String.raw`\b(file\w*|templatefile)${BETWEEN}\(\s*(?:"((?:[^"\\$%]|\$\{path\.(?:module|root)\})*)"\s*[,)])?`,
  'g',
);
/** Functions of providers are programs; those of these, by the names that everybody has for them, read nothing. */
const OF_PROVIDER = new RegExp(
  String.raw`\bprovider${BETWEEN}::(?!${BETWEEN}(?:aws|awscc|azurerm|google|google-beta|kubernetes|terraform|time)${BETWEEN}::)`,
);
const HERE = /^(?:\$\{path\.(?:module|root)\}\/)?(?:\.\/)*/;
/** cdktf copies what a program uses into a folder that it names by the content. */
const BY_CONTENT = /(?:^|\/)assets\/[^/]+\/[0-9A-Fa-f]{32,}(?:\/|$)/;

export interface FileCall {
  /** Undefined for one that isn't written out. */
  readonly path?: string;
  /** Whether what is in the file may read other files. */
  readonly isTemplate: boolean;
}

/** The files that a text reads. */
export function filesIn(text: string): FileCall[] {
  const calls = [...text.matchAll(CALL)].map(([, name, path]): FileCall => ({
    isTemplate: name === 'templatefile',
    ...(path !== undefined && { path: here(path) }),
  }));
  return OF_PROVIDER.test(text) ? [...calls, { isTemplate: false }] : calls;
}

/** Relative to the folder of the stack. */
function here(path: string): string {
  return path.replace(HERE, '');
}

/** Types that read files where the engine runs, and the arguments that say which. */
const READERS: Readonly<Record<string, readonly string[]>> = {
  'data.archive_file': ['source_dir', 'source_file'],
  archive_file: ['source_dir', 'source_file'],
  'data.local_file': ['filename'],
  'data.local_sensitive_file': ['filename'],
  local_file: ['source'],
  local_sensitive_file: ['source'],
};
/** Look-ups of these read none, or no file that a change of the code may have changed. */
const READ_NONE =
  /^data\.(?:aws|awscc|azuread|azurerm|cloudfoundry|docker|google|http|kubernetes|random|terraform|time|tls)_|^data\.http$/;

/** Whether a block reads files that are not named by their content. */
export function readsFiles(address: string, body: Readonly<Record<string, unknown>>): boolean {
  const kind = /^(?:data\.)?[\w-]+/.exec(address)?.[0] ?? '';
  const paths = Object.hasOwn(READERS, kind) ? (READERS[kind] ?? []) : undefined;
  if (paths === undefined) return kind.startsWith('data.') && !READ_NONE.test(kind);
  return paths
    .map((name) => body[name] ?? null)
    .some((path) => path !== null && !(typeof path === 'string' && isNamedByContent(here(path))));
}

/** Whether the path says what is there, so that other content has another path. */
export function isNamedByContent(path: string): boolean {
  return BY_CONTENT.test(path) && !path.includes('..');
}
