import { Command } from 'commander';
import { evidenceCommand, recorder } from '../evidence/commands';
import { version } from '../package.json';
import {
  auditCommand,
  explainCommand,
  fromHclCommand,
  reviewAdmitCommand,
  reviewCommand,
  reviewPlanCommand,
  reviewPublishCommand,
} from '../review/commands';
import { CloudFoundry } from './cloud-foundry';
import { deployLogCommand } from './deploy-log/command';
import { logCommand } from './log/command';
import { verifyCommand } from './verify/command';
import type { Foundation } from './verify/options';

/** What only a checkout has: the local foundation, with its web server and Docker client. */
export interface Local {
  readonly foundation: Foundation;
  readonly command: Command;
}

/** Runs the command line; a failure prints one message and exits with code 1. */
export async function run(local?: Local): Promise<void> {
  const writer = { env: process.env, now: () => new Date(), command: version };
  const record = recorder(writer);
  const program = new Command('space-egress')
    .description('controls what can leave a Cloud Foundry space, and shows what changes')
    .version(version)
    .addCommand(reviewCommand(record))
    .addCommand(reviewAdmitCommand())
    .addCommand(reviewPlanCommand())
    .addCommand(reviewPublishCommand(record))
    .addCommand(explainCommand())
    .addCommand(fromHclCommand())
    .addCommand(auditCommand(() => CloudFoundry.connect(process.env), record))
    .addCommand(verifyCommand(local?.foundation, record))
    .addCommand(evidenceCommand(writer))
    .addCommand(logCommand())
    .addCommand(deployLogCommand())
    .addCommand(local?.command ?? missingLocal())
    .showHelpAfterError('(see space-egress --help)');
  wrapHelp(program);
  try {
    await program.parseAsync();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

/** Wraps descriptions for a terminal of 80 columns; commander doesn't wrap columns narrower than 40. */
function wrapHelp(command: Command): void {
  command.configureHelp({ minWidthToWrap: 20 });
  command.commands.forEach(wrapHelp);
}

function missingLocal(): Command {
  return new Command('local')
    .description('a Cloud Foundry on this machine that enforces egress (in a checkout)')
    .argument('[anything...]')
    .allowUnknownOption()
    .action(() => {
      throw new Error(NO_FOUNDATION);
    });
}

const NO_FOUNDATION = "the local foundation isn't part of this package: clone the repository and run npm start there";
