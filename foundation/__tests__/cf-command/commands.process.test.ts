/** Every command of `cf help -a` with the real cf CLI: works as on the platform, or answers that it is not offered. */
import { readFileSync } from 'node:fs';
import { generatedPart } from '../../../tools/markdown';
import { findCf, Cf } from '../../testing/cf';
import { commandOf, isAsExpected, listCommands, PAGE, RECORD, tableOf, walk, type Outcome } from './walk';
import { foundationForAll, pushImage } from '../../testing/harness';

const program = findCf();
// No package registry has the cf CLI; without it, these tests are counted as skipped.
const withCf = program === undefined ? describe.skip : describe;

withCf('every command of cf', () => {
  let commands: readonly string[];
  let outcomes: readonly Outcome[];

  beforeAll(async () => {
    commands = await listCommands(program ?? '');
    outcomes = await walk(program ?? '');
  }, 300_000);

  test('has been run', () => {
    const typed = new Set(outcomes.map(({ scenario }) => commandOf(scenario)));
    expect(commands.filter((command) => !typed.has(command))).toEqual([]);
    expect([...typed].filter((command) => !commands.includes(command))).toEqual([]);
  });

  test('works as on the platform, or answers that it is not offered', () => {
    const wrong = outcomes.filter((outcome) => !isAsExpected(outcome));
    expect(wrong.map(({ scenario, seen }) => [scenario.call, seen])).toEqual([]);
  });

  test("is in the documentation's table with its result", () =>
    expect(generatedPart(readFileSync(PAGE, 'utf8'), RECORD)).toBe(tableOf(commands, outcomes).trim()));
});

withCf('the cf CLI', () => {
  const foundation = foundationForAll({ space: 'Space' });
  let cf: Cf;

  beforeAll(async () => {
    await pushImage(foundation.deployer, foundation.space, 'web');
    cf = new Cf(program ?? '');
    await cf.target(foundation.service, 'Space');
  });
  afterAll(() => cf.close());

  test('shows the recent log of an application', async () => {
    const { text, code } = await cf.run('logs', 'web', '--recent');
    expect([code, text]).toEqual([0, expect.stringMatching(/\[CELL\/0\/?\d*\] +OUT Cell /)]);
  });

  test('lists domains', async () => {
    const { text, code } = await cf.run('domains');
    expect([code, text]).toEqual([0, expect.stringMatching(/apps\.internal +shared +true +http/)]);
  });

  test('shows an organization with its domains and its spaces', async () => {
    const { text, code } = await cf.run('org', 'egress-demo');
    expect([code, text]).toEqual([
      0,
      expect.stringMatching(/domains: +apps\.internal, apps\.localhost\nquota: +default\nspaces: +Space/),
    ]);
  });

  test('finds organization, space, application, and route in any case', async () => {
    expect((await cf.run('target', '-o', 'EGRESS-DEMO', '-s', 'sPACE')).text).toMatch(
      /org: +EGRESS-DEMO\nspace: +Space/,
    );
    expect((await cf.run('app', 'WEB', '--guid')).code).toBe(0);
    expect((await cf.run('create-route', 'apps.localhost', '--hostname', 'Egress-Demo2')).code).toBe(0);
    expect((await cf.run('routes')).text).toMatch(/Egress-Demo2 +apps\.localhost/);
    expect((await cf.run('check-route', 'apps.localhost', '--hostname', 'egress-demo2')).text).toContain('does exist');
    expect((await cf.run('delete-route', 'apps.localhost', '--hostname', 'egress-DEMO2', '-f')).code).toBe(0);
  });

  test("can't set a label that the platform refuses", async () => {
    const { text, code } = await cf.run('set-label', 'app', 'web', 'owner=me@agency.gov');
    expect([code, text]).toEqual([
      1,
      expect.stringContaining("Metadata label value error: 'me@agency.gov' contains invalid characters"),
    ]);
    expect((await cf.run('set-label', 'app', 'web', 'agency.gov/owner=me')).code).toBe(0);
    expect((await cf.run('labels', 'app', 'web')).text).toMatch(/agency\.gov\/owner +me/);
  });

  test('shows the events of an application, newest first, with their actors', async () => {
    const { text, code } = await cf.run('events', 'web');
    expect([code, text]).toEqual([
      0,
      expect.stringMatching(/audit\.app\.start +deployer[^]*audit\.app\.create +deployer/),
    ]);
  });

  test('shows both processes of a paused deployment, each with its instances', async () => {
    const { text } = await cf.run('restart', 'web', '--strategy', 'canary');
    expect(text).toContain('Active deployment with status PAUSED');
    expect((await cf.run('app', 'web')).text.match(/^#0 +running/gm)).toHaveLength(2);
    expect((await cf.run('continue-deployment', 'web')).code).toBe(0);
  });

  test('shows the command of a task to a developer', async () => {
    await cf.run('run-task', 'web', '-c', 'migrate now', '--name', 'migrate');
    expect((await cf.run('tasks', 'web')).text).toMatch(/migrate +RUNNING .* migrate now$/m);
  });

  test('reports an unknown user with the name and origin', async () => {
    const { text } = await cf.run(
      'set-space-role',
      'nobody',
      'egress-demo',
      'Space',
      'SpaceAuditor',
      '--origin',
      'sso',
    );
    expect(text).toContain("No user exists with the username 'nobody' and origin 'sso'.");
  });
});
