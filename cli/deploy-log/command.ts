import { Command } from 'commander';
import { accountFrom, CloudFoundry } from '../cloud-foundry';
import { deploymentFrom } from '../deployment';
import { printStory } from './print';
import { readStory } from './read';

interface Options {
  readonly app: string;
  readonly org: string;
  readonly space: string;
  readonly json: boolean;
}

export function deployLogCommand(env: NodeJS.ProcessEnv = process.env): Command {
  const { org, publicSpace } = deploymentFrom(env);
  return new Command('deploy-log')
    .description('why the newest deployment of an application did not get through, as far as the platform knows')
    .option('-a, --app <name>', 'the application', 'egress-proxy')
    .option('-o, --org <name>', 'its organization', org)
    .option('-s, --space <name>', 'its space', publicSpace)
    .option('--json', 'for programs', false)
    .action(async ({ app, org: organization, space, json }: Options) => {
      const cloud = await CloudFoundry.login(accountFrom(env));
      const story = await readStory(cloud, app, await cloud.appGuid(organization, space, app));
      const text = json ? JSON.stringify(story, null, 2) : printStory(story).join('\n');
      process.stdout.write(`${text}\n`);
    });
}
