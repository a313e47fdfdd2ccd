import { existsSync, mkdirSync, readFileSync, writeFileSync, readdirSync, realpathSync } from 'node:fs';
import { join, delimiter } from 'node:path';
import { Command } from 'commander';
import { admit } from '../admission/admission';
import { Lock, LOCK_FILE } from '../admission/lock';
import { reporting, WIDENS } from './reporting';
import { readVariables } from '../planning/providers';
import { planned } from '../planning/plan';
import { readTreeFolder, InputError } from '../readers/input';
import { line } from '../report/escape';

interface Options {
  readonly change: string;
  readonly merged: string;
  readonly stacks: string;
  readonly lock: string;
  readonly out: string;
}

/** `space-egress review-admit`: decides whether a change may be planned with credentials. */
export function reviewAdmitCommand(): Command {
  return new Command('review-admit')
    .description('decides whether the stacks of a pull request may be planned with credentials, and rewrites them')
    .requiredOption('--change <dir>', 'output of cdktf synth of the pull request')
    .requiredOption('--merged <dir>', 'output of cdktf synth of the default branch')
    .option('--stacks <names>', 'names of the stacks under review, separated by spaces; all if omitted', '')
    .option('--lock <file>', 'lock file of the default branch: its providers by version and hashes', LOCK_FILE)
    .requiredOption('--out <dir>', 'where to write the stacks that may be planned, and nothing else')
    .addHelpText('after', '\nExit code 0: they may. 2: they may not; the reasons are printed. 1: an error.')
    .action(
      reporting(({ change, merged, stacks: under, lock, out }: Options) => {
        const names = under.split(/\s+/).filter((name) => name !== '');
        const isUnder = ({ name }: { readonly name: string }): boolean => names.length === 0 || names.includes(name);
        const [changed, old] = [readTreeFolder(change), readTreeFolder(merged).filter(isUnder)];
        const providers = new Lock(existsSync(lock) ? readFileSync(lock, 'utf8') : '');
        const { reasons: own, stacks } = admit(changed, old);
        // The comment shows the first reason, so the most informative one comes first.
        const reasons = [...providers.reasonsAsked(changed, old), ...own, ...providers.reasonsImplied(changed, old)];
        process.stdout.write(reasons.map((reason) => `${line(reason)}\n`).join(''));
        if (reasons.length > 0) {
          process.exitCode = WIDENS;
          return;
        }
        for (const { name, json } of stacks) {
          mkdirSync(join(out, name), { recursive: true });
          writeFileSync(join(out, name, 'cdk.tf.json'), `${JSON.stringify(json, null, 2)}\n`);
          writeFileSync(join(out, name, LOCK_FILE), providers.of(json));
        }
      }),
    );
}

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
