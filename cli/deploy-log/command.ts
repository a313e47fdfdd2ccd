import { Command } from 'commander';
import { type ApplicationOptions, withApplicationOptions } from '../deployment';
import { accountFrom, CloudFoundry } from '../cloud-foundry';
import { printStory } from './story';
import { readStory } from './read';

interface Options extends ApplicationOptions {
  readonly json: boolean;
}

export function deployLogCommand(env: NodeJS.ProcessEnv = process.env): Command {
  const command = new Command('deploy-log').description('explains why the latest deployment of an application failed');
  return withApplicationOptions(command, env, 'the application')
    .option('--json', 'JSON output', false)
    .action(async ({ app, org, space, json }: Options) => {
      const cloud = await CloudFoundry.login(accountFrom(env));
      const story = await readStory(cloud, app, await cloud.appGuid(org, space, app));
      const text = json ? JSON.stringify(story, null, 2) : printStory(story).join('\n');
      process.stdout.write(`${text}\n`);
    });
}
