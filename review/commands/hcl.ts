import { createRequire } from 'node:module';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve, sep } from 'node:path';
import { Command } from 'commander';
import { fromHcl, literal, contentOf } from '../hcl';
import { NOTES, type FileNotes } from '../readers/tree/blocks';
import { filesBelow, InputError, parseJson } from '../readers/input';
import type { Json } from '../readers/json';
import { textsOf } from '../readers/tree/closure';
import { type Files, filesIn, isNamedByContent } from '../readers/tree/files';
import { reporting } from './reporting';

const PARSER = '@cdktf/hcl2json';

interface Parser {
  readonly parse: (file: string, text: string) => Promise<unknown>;
}

/** `space-egress from-hcl`: for HCL, what `cdktf synth` is for a program. */
export function fromHclCommand(): Command {
  return new Command('from-hcl')
    .description(
      'converts HCL configurations to JSON, in the layout of cdktf synth, for the workflows to compare and plan',
    )
    .argument(
      '[folders...]',
      'root modules, each a stack named after its folder; NAME=FOLDER sets another name, NAME=FOLDER,FILE,... adds variable files',
      ['.'],
    )
    .option('--out <dir>', 'output folder, emptied first', 'cdktf.out')
    .addHelpText('after', `\nNeeds the package ${PARSER}. Runs nothing that it reads.`)
    .action(
      reporting(async (folders: string[], { out }: { out: string }) => {
        const parser = parserHere();
        const roots = folders.map(rootOf);
        refuseClashes(roots, join(out, 'stacks'));
        rmSync(join(out, 'stacks'), { recursive: true, force: true });
        for (const { name, folder, files } of roots) {
          const json = await convert(parser, folder, files);
          mkdirSync(join(out, 'stacks', name), { recursive: true });
          writeFileSync(join(out, 'stacks', name, 'cdk.tf.json'), `${JSON.stringify(json, null, 2)}\n`);
        }
      }),
    );
}

/** Resolved from the calling repository, so that the command has no dependencies. */
function parserHere(): Parser {
  try {
    return createRequire(join(process.cwd(), 'package.json'))(PARSER) as Parser;
  } catch {
    throw new InputError(`${PARSER} is not installed here: npm install --save-dev --save-exact ${PARSER}`);
  }
}

interface Root {
  readonly name: string;
  readonly folder: string;
  /** Variable files, as for `-var-file`. */
  readonly files: readonly string[];
}

function rootOf(given: string): Root {
  const named = /^([\w.-]+)=([^,]+)((?:,[^,]+)*)$/.exec(given);
  return named === null
    ? { name: basename(resolve(given)), folder: given, files: [] }
    : { name: named[1] ?? '', folder: named[2] ?? '', files: (named[3] ?? '').split(',').slice(1) };
}

/** A stack would replace another one of the same name, and emptying the output would delete a root module in it. */
function refuseClashes(roots: readonly Root[], stacks: string): void {
  for (const [index, { name, folder }] of roots.entries()) {
    const other = roots.slice(0, index).find((each) => each.name === name);
    if (other !== undefined)
      throw new InputError(`${other.folder} and ${folder} are both named '${name}': give names, as dev=${folder}`);
    if (`${resolve(folder)}${sep}`.startsWith(`${resolve(stacks)}${sep}`))
      throw new InputError(`${folder} is in ${stacks}, which is emptied first: choose another --out`);
  }
}

/** Variable files that the engine loads by itself, in its order. */
const VALUES = [/^terraform\.tfvars$/, /^terraform\.tfvars\.json$/, /\.auto\.tfvars(?:\.json)?$/];

async function convert(parser: Parser, folder: string, more: readonly string[]): Promise<Json> {
  const names = existsSync(folder) ? readdirSync(folder).sort() : [];
  // The engine ignores configuration files whose names start with a dot, but not such variable files.
  const other = names.find((name) => /\.tofu(?:\.json)?$|(?:^|_)override\.tf$|\.tf\.json$/.test(name));
  if (other !== undefined)
    throw new InputError(`${join(folder, other)} is not supported: use only *.tf files without overrides`);
  const files = names.filter((name) => /^[^.].*\.tf$/.test(name));
  if (files.length === 0) throw new InputError(`${folder} has no *.tf: give the folder of a root module`);
  const read = (paths: readonly string[]) => Promise.all(paths.map((path) => parsed(parser, path)));
  const values = VALUES.flatMap((pattern) => names.filter((name) => pattern.test(name)));
  const bodies = await read(files.map((name) => join(folder, name)));
  if (bodies.some(takesNameForContent))
    throw new InputError(`${folder} has a file in assets/NAME/HASH, which is not supported: use another folder`);
  const json = fromHcl(
    bodies,
    (source) => contentOf(join(folder, source)),
    await read([...values.map((name) => join(folder, name)), ...more]),
  );
  return { '//': { [NOTES]: filesRead(json, filesBelow(folder)) }, ...json };
}

/** Only the JSON is passed on, so it says what the files are. */
function filesRead(json: unknown, files: Files): FileNotes {
  const of = (wanted: boolean): Readonly<Record<string, string>> =>
    Object.fromEntries(
      textsOf(json)
        .flatMap(filesIn)
        .flatMap(({ path, isTemplate }): [string, string][] => {
          const hash = path === undefined || isTemplate !== wanted ? undefined : files(path, isTemplate);
          return path === undefined || hash === undefined ? [] : [[path, hash]];
        }),
    );
  return { files: of(false), templates: of(true) };
}

/** cdktf names folders by their content, and so does this command; what a person names so may hold anything. */
function takesNameForContent(json: unknown): boolean {
  if (typeof json === 'string')
    return isNamedByContent(json) || filesIn(json).some(({ path }) => path !== undefined && isNamedByContent(path));
  return typeof json === 'object' && json !== null && Object.entries(json).flat().some(takesNameForContent);
}

/** Escapes and constants that spell the start of a template, which JSON syntax can't tell from one. */
const SPELLED = /(?<!\\)(?:\\\\)*\\[uU]0*(?:24|25|7[bB])(?![0-9A-Fa-f])|[$%]\{~?\s*"(?:[^"\\]|\\.)*[$%{]/;

async function parsed(parser: Parser, path: string): Promise<Json> {
  if (!existsSync(path)) throw new InputError(`${path} does not exist: give a variable file, as for -var-file`);
  try {
    const text = readFileSync(path, 'utf8');
    if (path.endsWith('.json')) return parseJson(text) as Json;
    if (SPELLED.test(text))
      throw new Error('it spells $, % or { by an escape or a constant in a template: write $${ for ${ in a text');
    const json = await parser.parse(basename(path), text);
    return (path.endsWith('.tf') ? json : literal(json)) as Json;
  } catch (error) {
    throw new InputError(`${path} can't be read: ${String(error).slice(0, 500)}`);
  }
}
