import { mkdirSync, readdirSync, realpathSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Command } from 'commander';
import { existsSync } from 'node:fs';
import { planned } from '../planning/plan';
import { readVariables } from '../planning/environment';
import { InputError } from '../readers/input';
import { reporting } from './reporting';

/** `space-egress review-plan`: plans what was admitted, in an environment with nothing else of value. */
export function reviewPlanCommand(): Command {
  return new Command('review-plan')
    .description(
      'plans what review-admit has written, in containers that contain only what the engine and the providers need',
    )
    .requiredOption('--stacks <dir>', 'what review-admit has written')
    .requiredOption('--out <dir>', 'where to write the plans, as STACK.json: they contain secrets in clear text')
    .option('--engine <name>', 'terraform or tofu, from the PATH', 'terraform')
    .addHelpText(
      'after',
      '\nReads lines of NAME=VALUE from the variables CONFIG and CREDENTIALS. Only the provider gets CF_*.\n' +
        'Needs Docker. Exit code 0: the plans were written. 1: an error; output of engine and providers is never shown.',
    )
    .action(
      reporting(async ({ stacks, out, engine }: { stacks: string; out: string; engine: string }) => {
        const credentials = readVariables(process.env.CREDENTIALS ?? '');
        for (const value of Object.values(credentials))
          if (value !== '') process.stdout.write(`::add-mask::${value.replaceAll('%', '%25')}\n`);
        const variables = { ...readVariables(process.env.CONFIG ?? ''), ...credentials };
        mkdirSync(out, { recursive: true });
        for (const name of readdirSync(stacks)) {
          const json = await planned({ stack: realpathSync(join(stacks, name)), engine: onPath(engine), variables });
          writeFileSync(join(out, `${name}.json`), json, { mode: 0o600 });
        }
      }),
    );
}

function onPath(name: string): string {
  const found = (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
  if (found === undefined)
    throw new InputError(`${name} is not on the PATH: install it, or choose another one with --engine`);
  return realpathSync(found);
}
