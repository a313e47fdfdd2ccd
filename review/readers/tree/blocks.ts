import { isJson, type Json } from '../json';
import type { Files } from './files';

/** A stack as `cdktf synth` writes it to `cdk.tf.json`. */
export interface SynthesizedStack {
  readonly name: string;
  readonly json: unknown;
  /** The files of its folder, if available. */
  readonly files?: Files;
  /** Where it was synthesized, if that still exists: cdktf writes a local state next to its output. */
  readonly checkout?: string;
}

/** Prefix of resource types whose ids the review knows by other names. */
export const OURS = 'cloudfoundry_';
export const REMOTE_STATE = 'terraform_remote_state';
/** A link between stacks: cdktf names the remote state after the stack, and the output after what it refers to. */
export const STATE_PREFIX = 'cross-stack-reference-input-';

/** A block of a configuration, as in `resource "cloudfoundry_app" "web" { ... }`, whose `section` is `resource`. */
export interface Block {
  readonly section: string;
  readonly labels: readonly string[];
  /** Without its comment. */
  readonly body: Json;
  readonly comment?: unknown;
}

/** How many labels are between a section's name and a body. Other sections are unknown. */
const LABELS: Readonly<Record<string, number>> = {
  ...{ resource: 2, data: 2, ephemeral: 2, action: 2, list: 2 },
  ...{ variable: 1, output: 1, module: 1, provider: 1, check: 1 },
};

/** Replaces a value that isn't a block. The engine refuses it, so it counts as unknown. */
const UNREADABLE = '(unreadable)';
const COMMENT = '//';
/** Marks a duplicate. The engine refuses duplicates; a reader of the change should see both. */
const AGAIN = ' (again)';

/**
 * The blocks of a configuration in JSON syntax. The file, and every section, label and body, is an object or a list of
 * objects that count as one; a list of bodies is a list of blocks.
 *
 * @see https://developer.hashicorp.com/terraform/language/syntax/json
 */
export function blocksOf(json: unknown): Block[] {
  const sections = entriesOf(json);
  if (sections === undefined) return [{ section: UNREADABLE, labels: [], body: { [UNREADABLE]: json } }];
  return sections
    .filter(([section]) => section !== COMMENT)
    .flatMap(([section, content]) =>
      unpack(content, Object.hasOwn(LABELS, section) ? (LABELS[section] ?? 0) : 0).map((block) => ({
        section,
        ...block,
      })),
    );
}

/** Nested blocks of one kind, such as `lifecycle` or `provisioner`; a label stays part of them. */
export function nestedBlocks(content: unknown): Json[] {
  return unpack(content, 0).map(({ body }) => body);
}

function unpack(content: unknown, labels: number): Omit<Block, 'section'>[] {
  if (labels === 0) {
    if (content === null || content === undefined) return [];
    return (Array.isArray(content) ? (content as unknown[]) : [content]).map((body) => ({
      labels: [],
      ...bodyOf(body),
    }));
  }
  const entries = entriesOf(content);
  if (entries === undefined) return [{ labels: [], body: { [UNREADABLE]: content } }];
  return entries.flatMap(([label, inner]) =>
    unpack(inner, labels - 1).map((block) => ({ ...block, labels: [label, ...block.labels] })),
  );
}

function bodyOf(content: unknown): Pick<Block, 'body' | 'comment'> {
  const entries = entriesOf(content);
  if (entries === undefined) return { body: { [UNREADABLE]: content } };
  const body = new Map<string, unknown>();
  let comment: unknown;
  for (const [name, value] of entries) {
    if (name === COMMENT) comment ??= value;
    else body.set(unused(name, body), value);
  }
  return { body: Object.fromEntries(body), comment };
}

/** A name that isn't used yet, so that duplicates are kept. */
export function unused(name: string, taken: { has: (name: string) => boolean }): string {
  return taken.has(name) ? unused(`${name}${AGAIN}`, taken) : name;
}

/** The entries of an object or a list of objects; undefined for anything else. Null counts as empty. */
function entriesOf(content: unknown): [string, unknown][] | undefined {
  if (content === null || content === undefined) return [];
  const objects: readonly unknown[] = Array.isArray(content) ? content : [content];
  return objects.every(isJson) ? objects.flatMap((each) => Object.entries(each)) : undefined;
}

/**
 * What the program tells the review in addition to its resources. Notes are stored in the stack's comments, which the
 * engine ignores: they change nothing that is deployed, but they are in the synthesized stack that the review reads.
 */
export interface Notes {
  readonly acknowledged: readonly { readonly rule: string; readonly path: string; readonly reason: string }[];
  /** Security groups of spaces that the code doesn't own, as `org/space`. */
  readonly claims: readonly { readonly space: string; readonly groups: readonly string[] }[];
}

/** Hashes of the files that a stack reads, and of those that it reads as templates, by their paths. */
export interface FileNotes {
  readonly files: Readonly<Record<string, string>>;
  readonly templates: Readonly<Record<string, string>>;
}

/** The key of the notes in a stack's comments. */
export const NOTES = 'space-egress';
