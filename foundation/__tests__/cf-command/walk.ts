/** Runs every command of `cf help -a`, and records its output. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { table } from '../../../tools/markdown';
import { makeSpace, pushImage, startFoundation } from '../../testing/harness';
import { OsbProgram } from '../support/osb-program';
import { Cf, type Seen } from '../../testing/cf';
import { GROUPS, type Scenario } from './scenarios';

export const PAGE = join(__dirname, '..', '..', 'docs', 'cf-commands.md');
export const RECORD = 'npx tsx foundation/__tests__/cf-command/record.ts';

export interface Outcome {
  readonly scenario: Scenario;
  readonly seen: Seen;
}

export const commandOf = ({ call }: Scenario): string => call.split(' ')[0] ?? '';

export const isAsExpected = ({ scenario, seen }: Outcome): boolean => {
  const mayFail = scenario.isRefused === true || scenario.fails === true;
  return (
    (seen.code !== 0) === mayFail && scenario.shows.test(seen.text) && !seen.text.includes('API endpoint not found')
  );
};

const walkGroup = async (program: string, scenarios: readonly Scenario[]): Promise<readonly Outcome[]> => {
  const broker = await OsbProgram.start();
  const foundation = await startFoundation({ router: broker.port });
  const folder = mkdtempSync(join(tmpdir(), 'cf-app-'));
  writeFileSync(join(folder, 'package.json'), '{"scripts":{"start":"node ."}}');
  const rules = join(folder, 'rules.json');
  writeFileSync(rules, '[{"protocol":"tcp","destination":"203.0.113.0/24","ports":"443"}]');
  const { credentials, url, cloud } = foundation.service;
  const clients = { admin: new Cf(program), deployer: new Cf(program) };
  const newestDroplet = (): string =>
    [...cloud.state.droplets].filter(({ appGuid }) => cloud.state.apps.get(appGuid)?.name === 'pushed').at(-1)?.guid ??
    '';
  const fill = (text: string): string =>
    Object.entries({
      app: folder,
      file: join(folder, 'package.json'),
      password: credentials.deployer.password,
      api: url,
      rules,
      json: '{"A":"b"}',
      droplet: newestDroplet(),
    }).reduce((filled, [name, value]) => filled.replaceAll(`{${name}}`, value), text);
  try {
    await pushImage(foundation.deployer, await makeSpace(foundation.deployer, 'Space'), 'web');
    for (const [who, client] of Object.entries(clients)) {
      const { username, password } = credentials[who as keyof typeof clients];
      await client.run('api', url);
      await client.run('auth', username, password);
      await client.run('target', '-o', 'egress-demo', '-s', 'Space');
    }
    const outcomes: Outcome[] = [];
    for (const scenario of scenarios) {
      const words = scenario.call.split(' ').map(fill);
      outcomes.push({ scenario, seen: await clients[scenario.as].type(fill(scenario.input ?? ''), ...words) });
    }
    return outcomes;
  } finally {
    Object.values(clients).forEach((client) => client.close());
    await foundation.close();
    await broker.close();
    rmSync(folder, { recursive: true });
  }
};

/** Runs the groups in parallel, since the client mostly waits between polls. */
export const walk = async (program: string): Promise<readonly Outcome[]> =>
  (await Promise.all(GROUPS.map((scenarios) => walkGroup(program, scenarios)))).flat();

/** All commands that the client lists, in its order. */
export const listCommands = async (program: string): Promise<readonly string[]> => {
  const cf = new Cf(program);
  const { text } = await cf.run('help', '-a');
  cf.close();
  const [list = ''] = text.split('ENVIRONMENT VARIABLES:');
  const found = [...list.matchAll(/^ {3}([a-z][a-z-]+) {2,}\S/gm)].map(([, command = '']) => command);
  return found.concat([...list.matchAll(/^ {3}([a-z][a-z-]{37,}) \S/gm)].map(([, command = '']) => command));
};

const answerOf = ({ scenario, seen }: Outcome): string => {
  if (scenario.isRefused) return `not offered: ${seen.error.split('\n')[0] ?? ''}`;
  return scenario.difference === undefined ? '' : `works, differs: ${scenario.difference}`;
};

/** The page's list of commands that behave as on the platform, and the table of the others, by the first call of each. */
export const tableOf = (commands: readonly string[], outcomes: readonly Outcome[]): string => {
  const byAnswer = new Map<string, string[]>();
  for (const command of commands) {
    const outcome = outcomes.find(({ scenario }) => commandOf(scenario) === command);
    if (!outcome) continue;
    const answer = answerOf(outcome);
    byAnswer.set(answer, [...(byAnswer.get(answer) ?? []), `\`${command}\``]);
  }
  const rows = [...byAnswer].map(([answer, group]) => [group.join(', '), answer]);
  const works = rows.filter(([, answer]) => answer === '');
  return [
    `These work as on the platform: ${works.map(([group]) => group).join('')}.`,
    '',
    table(
      ['command', 'here'],
      rows.filter((row) => !works.includes(row)),
    ),
  ].join('\n');
};
