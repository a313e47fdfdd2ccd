import type { Command } from 'commander';
import { deploymentFrom } from './deployment';

export interface ApplicationOptions {
  readonly app: string;
  readonly org: string;
  readonly space: string;
}

/** Which application a command is about; the proxy of the stack unless told otherwise. */
export function withApplicationOptions(command: Command, env: NodeJS.ProcessEnv, what: string): Command {
  const { org, publicSpace } = deploymentFrom(env);
  return command
    .option('-a, --app <name>', what, 'egress-proxy')
    .option('-o, --org <name>', 'its organization', org)
    .option('-s, --space <name>', 'its space', publicSpace);
}
