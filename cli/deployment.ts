import type { Command } from 'commander';

/** Names under which the stack was deployed. */
export interface Deployment {
  readonly org: string;
  readonly restrictedSpace: string;
  readonly publicSpace: string;
}

/** From the variables of the example's configuration, with its defaults. */
export function deploymentFrom(env: NodeJS.ProcessEnv): Deployment {
  return {
    org: env.EGRESS_ORG ?? 'egress-demo',
    restrictedSpace: env.EGRESS_RESTRICTED_SPACE ?? 'restricted',
    publicSpace: env.EGRESS_PUBLIC_SPACE ?? 'public-egress',
  };
}

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
