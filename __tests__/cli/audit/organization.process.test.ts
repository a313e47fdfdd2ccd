/** An organization without any code, read from a foundation's API by accounts with different roles. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv';
import type { CloudFoundry } from '../../../cli/cloud-foundry';
import { auditCommand } from '../../../review/commands';
import { auditOf } from '../../../review/organization/audit';
import schema from '../../../review/organization/audit.schema.json';
import { organizationCsv, organizationText } from '../../../review/organization/text';
import type { OrganizationAudit } from '../../../review/organization/document';
import { readOrganization } from '../../../review/organization/read';
import { runCommand } from '../../review/support/command';
import { bind, connectApps, openWorld, type World } from './world';
import { temporaryFolder } from '../../support/temporary-folder';

const ORG = 'egress-demo';
let world: World;
let deployer: CloudFoundry;
beforeAll(async () => {
  world = await openWorld();
  deployer = await world.connect('deployer');
});
afterAll(async () => {
  await world.foundation.close();
  expect(world.foundation.failures).toEqual([]);
});

const audited = async (account: CloudFoundry, last?: OrganizationAudit): Promise<OrganizationAudit> =>
  auditOf(await readOrganization(account, ORG), new Date('2026-12-31T10:00:00Z'), last);

const valid = new Ajv().compile(schema);

test('every application is shown with how it reaches the internet, and why', async () => {
  const { applications, counts, policies, outcome, unseen } = await audited(deployer);
  expect(applications.map(({ id, kind, stopped, internet }) => [id, kind, stopped, internet])).toEqual([
    [`${ORG}/closed/web`, 'application', false, 'through a proxy'],
    [`${ORG}/closed/worker`, 'application', true, 'no'],
    [`${ORG}/open/proxy`, 'proxy', false, 'directly'],
    [`${ORG}/open/tool`, 'application', false, 'directly'],
  ]);
  expect(counts).toEqual({ directly: 2, 'through a proxy': 1, perhaps: 0, no: 1 });
  const [web] = applications;
  expect(web?.proxies).toEqual([{ proxy: `${ORG}/open/proxy`, reaches: ['api.example.gov:443'], perhaps: [] }]);
  expect(web?.routes).toEqual(['front.apps.localhost']);
  expect(policies).toHaveLength(3);
  expect({ outcome, unseen }).toEqual({ outcome: undefined, unseen: [] });
});

test('everything unused is reported, each with its kind', async () => {
  const { observations } = await audited(deployer);
  expect(observations.filter(({ kind }) => kind !== 'ssh-on').map(({ kind, subject }) => [kind, subject])).toEqual([
    ['proxy-not-needed', `${ORG}/open/tool`],
    ['open-space-empty', `${ORG}/empty`],
    ['policy-unused', `${ORG}/closed/web`],
    ['group-by-hand', 'by-hand'],
  ]);
});

test('SSH counts only if the space allows it too', async () => {
  const shells = async (): Promise<string[]> =>
    (await audited(deployer)).observations.filter(({ kind }) => kind === 'ssh-on').map(({ subject }) => subject);
  const allow = (enabled: boolean) =>
    world.foundation.deployer.patch(`/v3/spaces/${world.spaces.closed}/features/ssh`, { enabled });
  expect(await shells()).toHaveLength(4);
  await allow(false);
  try {
    expect(await shells()).toEqual([`${ORG}/open/proxy`, `${ORG}/open/tool`]);
  } finally {
    await allow(true);
  }
});

test('the text fits 80 columns unless a word is longer, and has every application', async () => {
  const text = organizationText(await audited(deployer));
  expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
  expect(text).toContain(`    through ${ORG}/open/proxy: api.example.gov:443\n`);
  expect(text).toContain('  worker (stopped, internet: no)\n');
  expect(text.trimEnd().split('\n').at(-1)).toBe('everything could be read');
});

test('the JSON matches its schema, and no format contains a secret of an application', async () => {
  const document = JSON.parse(JSON.stringify(await audited(deployer))) as OrganizationAudit;
  valid(document);
  expect(valid.errors).toBeNull();
  for (const form of [JSON.stringify(document), organizationText(document), organizationCsv(document)]) {
    expect(form).not.toContain('canary-secret');
  }
});

test('an auditor of one space learns what it could not see, and nothing counts as closed because of that', async () => {
  const audit = await audited(await world.account('auditor', [], ['space_auditor']));
  expect(audit.spaces.map(({ id }) => id)).toEqual([`${ORG}/closed`]);
  expect(audit.outcome).toBe('inconclusive');
  expect(audit.unseen.map(({ kind, of }) => [kind, of])).toEqual([
    ['spaces', []],
    ['policies', [`${ORG}/closed`]],
    ['variables', [`${ORG}/closed/web`, `${ORG}/closed/worker`]],
  ]);
  expect(audit.counts).toEqual({ directly: 0, 'through a proxy': 0, perhaps: 2, no: 0 });
  expect(organizationText(audit)).toContain('make this account a developer');
  valid(JSON.parse(JSON.stringify(audit)));
  expect(valid.errors).toBeNull();
});

test("an auditor of only the organization sees no space, which doesn't mean that it is empty", async () => {
  const audit = await audited(await world.account('org-auditor', ['organization_auditor'], []));
  expect(audit.outcome).toBe('inconclusive');
  expect(organizationText(audit).replace(/\s+/g, ' ')).toContain(
    `no space of ${ORG} is visible: either there is none, or this account has no role in any; make it an auditor`,
  );
});

test('a manager of the organization sees all spaces and no policy, and an admin everything', async () => {
  const manager = await audited(await world.account('manager', ['organization_manager'], []));
  expect(manager.unseen.map(({ kind, of }) => [kind, of.length])).toEqual([
    ['policies', 3],
    ['variables', 4],
  ]);
  expect(manager.spaces).toHaveLength(3);
  const admin = await audited(await world.connect('admin'));
  expect(admin.unseen).toEqual([]);
  expect({ ...admin, account: '' }).toEqual({ ...(await audited(deployer)), account: '' });
});

test('compared with a baseline, nothing opens at first, then a policy, a group and a line of a list do, even next to a stopped application', async () => {
  const before = JSON.parse(JSON.stringify(await audited(deployer))) as OrganizationAudit;
  const same = await audited(deployer, before);
  expect([same.outcome, same.baseline]).toEqual(['as expected', { at: before.at, opens: [], closes: [], unknown: [] }]);
  const { foundation, apps, spaces } = world;
  await connectApps(foundation.deployer, apps.tool, apps.web, 22);
  await bind(foundation.admin, foundation.deployer, 'trusted_local_networks_egress', [spaces.empty]);
  const list = { EGRESS_ALLOW: 'api.example.gov:443\nmore.example.gov:443' };
  await foundation.deployer.patch(`/v3/apps/${apps.proxy}/environment_variables`, { var: list });
  const after = await audited(deployer, before);
  expect(after.outcome).toBe('not as expected');
  expect(after.baseline?.opens.map(({ says }) => says)).toEqual([
    'tool and web can now reach more.example.gov:443 through proxy',
    expect.stringMatching(/^empty can now directly reach 10\./),
    expect.stringMatching(/^empty can now directly reach 10\./),
    expect.stringMatching(/^empty can now directly reach 10\./),
    'tool can now connect to web on tcp 22',
  ]);
  expect(organizationText(after).trimEnd().split('\n').at(-1)).toMatch(/^not as expected: 5 ways opened since /);
  const back = await audited(deployer, after);
  expect(back.outcome).toBe('as expected');
});

describe('the command', () => {
  let folder: string;
  beforeAll(() => (folder = temporaryFolder()));
  const run = (...args: readonly string[]) =>
    runCommand(
      auditCommand(() => Promise.resolve(deployer)),
      args,
    );

  test('says by its exit code that nothing opened since the baseline, and that something did', async () => {
    const file = join(folder, 'last.json');
    expect(await run('--org', ORG, '--json', '--out', file)).toEqual({ out: '', error: '', code: 0 });
    expect(await run('--org', ORG, '--baseline', file)).toMatchObject({ code: 0 });
    await connectApps(world.foundation.deployer, world.apps.proxy, world.apps.web, 23);
    const opened = await run('--org', ORG, '--baseline', file);
    expect([opened.code, opened.error]).toEqual([2, '']);
    expect(opened.out).toContain('  + proxy can now connect to web on tcp 23\n');
  });

  test('also writes a page, whose policy allows only its own script', async () => {
    const file = join(folder, 'page.html');
    expect(await run('--org', ORG, '--html', file)).toMatchObject({ code: 0, error: '' });
    const page = readFileSync(file, 'utf8');
    const [, script = ''] = /<script>(.*?)<\/script>/s.exec(page) ?? [];
    expect(page).toContain(`script-src &#39;sha256-${createHash('sha256').update(script).digest('base64')}&#39;`);
    expect(page.match(/\b(?:src|href)=|url\((?!#)|@import/g)).toBeNull();
    expect(page).not.toContain('canary-secret');
    expect(page.match(/<tr data-internet=/g)).toHaveLength(4);
  });

  test('says by its exit code that the account did not see everything', async () => {
    const auditor = await world.account('blind', [], ['space_auditor']);
    const { code, out } = await runCommand(
      auditCommand(() => Promise.resolve(auditor)),
      ['--org', ORG, '--csv'],
    );
    expect(code).toBe(3);
    expect(out).toContain('not seen: policies');
  });

  test.each([
    [['--csv'], '--csv needs an organization: add --org NAME'],
    [['--html', 'x.html'], '--html needs an organization: add --org NAME'],
    [['--org', ORG, 'plan.json'], '--org is for what has no code: give either --org, or plans or --tree'],
    [['--org', ORG, '--json', '--csv'], 'give either --json or --csv, not both'],
    [['--org', ORG, '--baseline', 'none.json'], 'there is no baseline none.json: create it with space-egress audit'],
    [['--org', ORG, '--baseline', 'package.json'], 'is not what space-egress audit --org ORG --json writes'],
    [['--org', 'nowhere'], "there is no organization 'nowhere'"],
  ])('refuses %j with what to do', async (args, message) => {
    const { code, out, error } = await run(...args);
    expect([code, out]).toEqual([1, '']);
    expect(error).toContain(message);
  });
});
