import type { Command } from 'commander';
import { deploymentFrom } from './deployment';

export interface ApplicationOptions {
  readonly app: string;
  readonly org: string;
  readonly space: string;
}

/** The application that a command is about; by default, the stack's proxy. */
export function withApplicationOptions(command: Command, env: NodeJS.ProcessEnv, what: string): Command {
  const { org, publicSpace } = deploymentFrom(env);
  return command
    .option('-a, --app <name>', what, 'egress-proxy')
    .option('-o, --org <name>', 'its organization', org)
    .option('-s, --space <name>', 'its space', publicSpace);
}
