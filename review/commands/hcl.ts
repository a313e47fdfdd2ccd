import { createRequire } from 'node:module';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { Command } from 'commander';
import { fromHcl } from '../hcl/convert';
import { contentOf } from '../hcl/module';
import { InputError } from '../readers/input';
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
    .argument('[folders...]', 'root modules, each a stack by its name; NAME=FOLDER calls it otherwise', ['.'])
    .option('--out <dir>', 'emptied first', 'cdktf.out')
    .addHelpText('after', `\nNeeds the package ${PARSER}. Runs nothing of what it reads.`)
    .action(
      reporting(async (folders: string[], { out }: { out: string }) => {
        const parser = parserHere();
        rmSync(join(out, 'stacks'), { recursive: true, force: true });
        for (const { name, folder } of folders.map(rootOf)) {
          const json = await convert(parser, folder);
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

function rootOf(given: string): { readonly name: string; readonly folder: string } {
  const named = /^([\w.-]+)=(.+)$/.exec(given);
  return named === null
    ? { name: basename(resolve(given)), folder: given }
    : { name: named[1] ?? '', folder: named[2] ?? '' };
}

async function convert(parser: Parser, folder: string) {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const other = names.find((name) => /\.tofu$|(?:^|_)override\.tf(?:\.json)?$|\.tf\.json$/.test(name));
  if (other !== undefined) throw new InputError(`${join(folder, other)} is not read here: only *.tf without overrides`);
  const files = names.filter((name) => name.endsWith('.tf')).sort();
  if (files.length === 0) throw new InputError(`${folder} has no *.tf: give the folder of a root module`);
  const parsed = await Promise.all(
    files.map(async (name) => {
      try {
        return await parser.parse(name, readFileSync(join(folder, name), 'utf8'));
      } catch (error) {
        throw new InputError(`${join(folder, name)} can't be read: ${String(error).slice(0, 500)}`);
      }
    }),
  );
  return fromHcl(parsed, (source) => contentOf(join(folder, source)));
}
