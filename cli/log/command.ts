import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { type ApplicationOptions, withApplicationOptions } from '../application-options';
import { accountFrom, CloudFoundry } from '../cloud-foundry';
import { type Line, linesOf, PROCESS } from './line';
import { printDoubts, printSummary } from './print';
import { readLines } from './reading';
import { refusedIn, remedyFor } from './remedy';
import { summarize } from './summary';

interface Options extends ApplicationOptions {
  readonly json: boolean;
}

export function logCommand(env: NodeJS.ProcessEnv = process.env): Command {
  const command = new Command('log')
    .description('who asked the proxy for what, and the line of code that would allow what was refused')
    .argument('[file]', "the proxy's log, as cf logs prints it or without what that adds; - for standard input");
  return withApplicationOptions(command, env, "the proxy's application, whose latest lines the platform has")
    .option('--json', 'for programs', false)
    .action(async (file: string | undefined, options: Options) => {
      const lines = file === undefined ? await fromPlatform(env, options) : linesOf(fromFile(file));
      const { entries, doubted } = readLines(lines);
      const rows = summarize(entries);
      const refused = refusedIn(rows);
      const text = options.json
        ? JSON.stringify(
            rows.map((row) => ({ ...row, remedy: remedyFor(row, refused) })),
            null,
            2,
          )
        : printSummary(rows, process.stdout.isTTY ? process.stdout.columns : 120, lines.length).join('\n');
      for (const doubt of printDoubts(doubted)) process.stderr.write(`${doubt}\n`);
      process.stdout.write(`${text}\n`);
    });
}

async function fromPlatform(env: NodeJS.ProcessEnv, { app, org, space }: Options): Promise<readonly Line[]> {
  const cloud = await CloudFoundry.login(accountFrom(env));
  const lines = await cloud.log(await cloud.appGuid(org, space, app));
  return lines.filter(({ source }) => source === PROCESS);
}

function fromFile(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`can't read ${file === '-' ? 'standard input' : file} (${reason}): give the proxy's log, or --app`);
  }
}
