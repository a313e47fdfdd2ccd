import { createRequire } from 'node:module';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { Command } from 'commander';
import { fromHcl } from '../hcl/convert';
import { contentOf } from '../hcl/module';
import { InputError } from '../readers/input';
import { parseJson, type Json } from '../readers/json';
import { reporting } from './reporting';

const PARSER = '@cdktf/hcl2json';

interface Parser {
  readonly parse: (file: string, text: string) => Promise<unknown>;
}

/** `space-egress from-hcl`: what `cdktf synth` is to a program, for those who write HCL. */
export function fromHclCommand(): Command {
  return new Command('from-hcl')
    .description(
      'writes configurations in HCL as JSON, in the layout of cdktf synth: what the workflows compare and plan',
    )
    .argument(
      '[folders...]',
      'root modules, each a stack by its name; NAME=FOLDER calls it otherwise, NAME=FOLDER,FILE,... has files of values',
      ['.'],
    )
    .option('--out <dir>', 'emptied first', 'cdktf.out')
    .addHelpText('after', `\nNeeds the package ${PARSER}. Runs nothing of what it reads.`)
    .action(
      reporting(async (folders: string[], { out }: { out: string }) => {
        const parser = parserHere();
        rmSync(join(out, 'stacks'), { recursive: true, force: true });
        for (const { name, folder, files } of folders.map(rootOf)) {
          const json = await convert(parser, folder, files);
          mkdirSync(join(out, 'stacks', name), { recursive: true });
          writeFileSync(join(out, 'stacks', name, 'cdk.tf.json'), `${JSON.stringify(json, null, 2)}\n`);
        }
      }),
    );
}

/** Of the repository that calls this, so that the command has no dependencies. */
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
  /** Of values, as `-var-file` takes them. */
  readonly files: readonly string[];
}

function rootOf(given: string): Root {
  const named = /^([\w.-]+)=([^,]+)((?:,[^,]+)*)$/.exec(given);
  return named === null
    ? { name: basename(resolve(given)), folder: given, files: [] }
    : { name: named[1] ?? '', folder: named[2] ?? '', files: (named[3] ?? '').split(',').slice(1) };
}

/** Files of values that the engine reads by itself, in its order. */
const VALUES = [/^terraform\.tfvars$/, /^terraform\.tfvars\.json$/, /\.auto\.tfvars(?:\.json)?$/];

async function convert(parser: Parser, folder: string, more: readonly string[]): Promise<Json> {
  const names = existsSync(folder) ? readdirSync(folder).sort() : [];
  // The engine reads no file whose name begins with a dot as configuration, and as values it does.
  const other = names.find((name) => /\.tofu(?:\.json)?$|(?:^|_)override\.tf$|\.tf\.json$/.test(name));
  if (other !== undefined) throw new InputError(`${join(folder, other)} is not read here: only *.tf without overrides`);
  const files = names.filter((name) => /^[^.].*\.tf$/.test(name));
  if (files.length === 0) throw new InputError(`${folder} has no *.tf: give the folder of a root module`);
  const read = (paths: readonly string[]) => Promise.all(paths.map((path) => parsed(parser, path)));
  const values = VALUES.flatMap((pattern) => names.filter((name) => pattern.test(name)));
  return fromHcl(
    await read(files.map((name) => join(folder, name))),
    (source) => contentOf(join(folder, source)),
    await read([...values.map((name) => join(folder, name)), ...more]),
  );
}

async function parsed(parser: Parser, path: string): Promise<Json> {
  if (!existsSync(path)) throw new InputError(`${path} is not there: give a file of values, as -var-file takes it`);
  try {
    const text = readFileSync(path, 'utf8');
    return (path.endsWith('.json') ? parseJson(text) : await parser.parse(basename(path), text)) as Json;
  } catch (error) {
    throw new InputError(`${path} can't be read: ${String(error).slice(0, 500)}`);
  }
}
