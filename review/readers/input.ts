import { type Dirent, existsSync, lstatSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { visit, parse, type ParseError } from 'jsonc-parser';
import { LARGEST_PLAN_MIB, DEEPEST_PLAN } from '../limits';
import { sha256 } from '../model/fingerprint';
import { type Files, mayRead } from './tree/files';
import type { SynthesizedStack } from './tree';

/** A mistake in the user's input, shown without a stack trace. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

export interface PlanFile {
  /** `production` in `production=plan.json`; plans of the same environment are read together. */
  readonly environment: string;
  readonly file: string;
  readonly stack: string;
  readonly json: unknown;
}

/** Parses `[ENVIRONMENT=]FILE`. */
export function readPlanFile(argument: string): PlanFile {
  const [, environment = '', file = argument] = /^([A-Za-z0-9 ._-]+)=(.+)$/s.exec(argument) ?? [];
  return { environment, file, stack: basename(file).replace(/(?:\.plan|\.tfplan)?\.json$/, ''), json: readJson(file) };
}

/** Runs a reader and adds the file name to its error. */
export function reading<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new InputError(`${file} can't be reviewed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The stacks in an output folder of `cdktf synth`, `cdktf.out` by default. */
export function readTreeFolder(folder: string): SynthesizedStack[] {
  const stacks = join(folder, 'stacks');
  if (!existsSync(stacks)) {
    throw new InputError(
      `${folder} has no folder 'stacks': give what \`terraform show -json\` prints for a plan, or the output folder of cdktf synth or from-hcl`,
    );
  }
  const entries = readdirSync(stacks, { withFileTypes: true });
  entries.forEach((entry) => {
    refuseUnread(entry, join(stacks, entry.name));
  });
  const found = entries
    .filter((entry) => entry.isDirectory() && isOwnFile(join(stacks, entry.name, 'cdk.tf.json')))
    .map(({ name }) => ({
      name,
      json: readConfiguration(join(stacks, name, 'cdk.tf.json')),
      files: filesBelow(join(stacks, name)),
      checkout: dirname(realpathSync(folder)),
    }));
  if (found.length === 0) {
    throw new InputError(`${stacks} contains no stack (no */cdk.tf.json): run cdktf synth, without HCL output`);
  }
  return found;
}

/** The engine reads all of these in a stack's folder; cdktf writes only one. */
const OTHERS = /\.(?:tf|tofu)(?:\.json)?$|\.tfvars(?:\.json)?$/;

function refuseUnread(entry: Dirent, path: string): void {
  if (entry.isSymbolicLink())
    throw new InputError(`${path} is a symbolic link, which is not followed: give the folder itself`);
  const other = entry.isDirectory()
    ? readdirSync(path).find((name) => OTHERS.test(name) && name !== 'cdk.tf.json')
    : undefined;
  if (other !== undefined) {
    throw new InputError(
      `${join(path, other)} would be read by the engine, but is not supported: keep only cdk.tf.json in that folder`,
    );
  }
}

/** If a name occurs twice, the engine reads both blocks, while a JSON parser keeps only the last one. */
function readConfiguration(file: string): unknown {
  const json = readJson(file);
  const names: Set<string>[] = [];
  visit(readFileSync(file, 'utf8'), {
    onObjectBegin: () => void names.push(new Set()),
    onObjectEnd: () => void names.pop(),
    onObjectProperty: (name, _offset, _length, line, character) => {
      if (names.at(-1)?.has(name) === true) {
        const at = `line ${line + 1}, column ${character + 1}`;
        throw new InputError(
          `${file} can't be reviewed: the name at ${at} is a duplicate in its object: the engine reads both, so write each name once`,
        );
      }
      names.at(-1)?.add(name);
    },
  });
  return json;
}

/** A link may lead to a secret, which the error about its text would reveal. */
function isOwnFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** Reads only what is below the folder, wherever a path or link leads. */
export function filesBelow(folder: string): Files {
  return (path, isTemplate) => {
    const file = join(folder, path);
    if (!existsSync(file)) return undefined;
    const found = realpathSync(file);
    const isBelow = found.startsWith(`${realpathSync(folder)}${sep}`) && statSync(found).isFile();
    if (!isBelow || statSync(found).size > LARGEST_PLAN_MIB * 2 ** 20) return undefined;
    const content = readFileSync(found);
    return isTemplate && mayRead(content.toString()) ? undefined : sha256(content);
  };
}

export function readJson(file: string): unknown {
  const refuse = (why: string): string => `${file} can't be read: ${why}`;
  const mebibytes = Math.ceil(attempt(() => statSync(file).size, refuse) / 2 ** 20);
  if (mebibytes > LARGEST_PLAN_MIB) {
    throw new InputError(
      `${file} has ${mebibytes} MiB, more than the limit of ${LARGEST_PLAN_MIB} MiB: split the stack, and review its plans together`,
    );
  }
  const bytes = attempt(() => readFileSync(file), refuse);
  if (bytes.subarray(0, 4).toString('latin1') === 'PK\u0003\u0004') {
    throw new InputError(`${file} is a saved plan, not its JSON: give what \`terraform show -json ${file}\` prints`);
  }
  if (/^\{"@level":/.test(bytes.subarray(0, 32).toString('latin1'))) {
    throw new InputError(
      `${file} is the log of an engine with -json: give what \`terraform show -json FILE\` prints for a saved plan`,
    );
  }
  if (isDeeper(bytes, DEEPEST_PLAN)) {
    throw new InputError(
      `${file} is nested more than ${DEEPEST_PLAN} levels deep, which no plan is: give the JSON of a plan`,
    );
  }
  return attempt(
    () => parseJson(bytes.toString('utf8')),
    (why) => `${file} is not JSON, or was cut off: ${why}`,
  );
}

const [QUOTE, BACKSLASH, LIST, OBJECT, LIST_END, OBJECT_END] = Buffer.from('"\\[{]}');

/** For text that is JSON or starts like it. */
function isDeeper(text: Uint8Array, levels: number): boolean {
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    const byte = text[index];
    if (byte === QUOTE) {
      for (index += 1; index < text.length && text[index] !== QUOTE; index += 1)
        if (text[index] === BACKSLASH) index += 1;
    } else if (byte === LIST || byte === OBJECT) depth += 1;
    else if (byte === LIST_END || byte === OBJECT_END) depth -= 1;
    if (depth > levels) return true;
  }
  return false;
}

function attempt<T>(what: () => T, message: (why: string) => string): T {
  try {
    return what();
  } catch (error) {
    throw new InputError(message(error instanceof Error ? error.message : String(error)));
  }
}

/**
 * Parses a text.
 *
 * @throws with only the position: Node.js's own error repeats the text there, which may be a secret
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const errors: ParseError[] = [];
    parse(text, errors, { disallowComments: true });
    const lines = text.slice(0, errors[0]?.offset ?? text.length).split('\n');
    throw new Error(`unexpected text at line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`);
  }
}
