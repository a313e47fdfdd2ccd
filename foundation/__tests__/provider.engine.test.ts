/** The real provider, under a real engine, against the foundation's API with a cell that is only in memory. */
import { join } from 'node:path';
import { NOT_IN_PROVIDER, readCoverage, type Account } from './provider-coverage';
import { startFoundation, type Foundation, type Json } from '../testing/harness';
import { Recorder } from './provider/coverage';
import { Workspace, type StateResource } from './provider/workspace';
import { OsbProgram } from './support/osb-program';
import { EITHER_ENGINE, engineHere, testUnder } from '../../__tests__/support/engines';

jest.setTimeout(600_000);

interface Scenario {
  readonly account: Account;
  readonly configuration: string;
  /** What the second apply changes, each in place. */
  readonly changes: Readonly<Record<string, unknown>>;
  /** The provider would replace it after an import: it reads other bindings of services than it writes. */
  readonly unimportable?: string;
}

const SECOND_LIST = 'www.example.com:443 www.example.org:443';

const SCENARIOS: readonly Scenario[] = [
  {
    account: 'deployer',
    configuration: 'tenant.tf',
    changes: {
      purpose: 'proof',
      allow: SECOND_LIST,
      secret: 'two',
      port: '3129',
      instances: 30,
      size: 2,
      sharing: ['public', 'reports'],
    },
    unimportable: 'cloudfoundry_app.web',
  },
  {
    account: 'admin',
    configuration: 'admin.tf',
    changes: {
      purpose: 'proof',
      visibility: 'public',
      memory: 8192,
      groups: ['cloud_controller.read', 'cloud_controller.write'],
    },
  },
];

/** What there is of each kind, by name: all of it, so that nothing is there unseen. */
const inventory = async ({ admin }: Foundation): Promise<Json> => {
  const names = async (path: string, name: string): Promise<string[]> => {
    const { body } = await admin.get(`${path}?per_page=5000`);
    return (body['resources'] as Json[]).map((row) => String(row[name])).sort();
  };
  const { body } = await admin.get('/networking/v1/external/policies');
  return {
    organizations: await names('/v3/organizations', 'name'),
    organizationQuotas: await names('/v3/organization_quotas', 'name'),
    spaces: await names('/v3/spaces', 'name'),
    spaceQuotas: await names('/v3/space_quotas', 'name'),
    segments: await names('/v3/isolation_segments', 'name'),
    groups: await names('/v3/security_groups', 'name'),
    domains: await names('/v3/domains', 'name'),
    apps: await names('/v3/apps', 'name'),
    routes: await names('/v3/routes', 'url'),
    brokers: await names('/v3/service_brokers', 'name'),
    offerings: await names('/v3/service_offerings', 'name'),
    services: await names('/v3/service_instances', 'name'),
    bindings: await names('/v3/service_credential_bindings', 'name'),
    routeBindings: await names('/v3/service_route_bindings', 'guid'),
    users: await names('/v3/users', 'username'),
    roles: await names('/v3/roles', 'type'),
    policies: (body['policies'] as Json[]).length,
  };
};

/** A plan's visibility has no id of its own. */
const idOf = ({ values }: StateResource): string => String(values['id'] ?? values['service_plan']);

const cases = EITHER_ENGINE.flatMap((engine) => SCENARIOS.map((scenario) => ({ engine, ...scenario })));

describe.each(cases)('$configuration as the $account, under $engine', (scenario) => {
  const recorder = new Recorder();
  let program: OsbProgram;
  let foundation: Foundation;
  let workspace: Workspace;
  let before: Json;

  beforeAll(async () => {
    const engine = await engineHere(scenario.engine);
    program = await OsbProgram.start();
    foundation = await startFoundation({ cell: { image: () => ({ ports: [3128] }) }, router: program.port });
    before = await inventory(foundation);
    const { url, credentials } = foundation.service;
    const configuration = join(__dirname, 'provider', scenario.configuration);
    workspace = await Workspace.open(engine, configuration, { url, ...credentials[scenario.account] });
  });

  afterAll(async () => {
    workspace.close();
    await foundation.close();
    await program.close();
  });

  const whenAvailable = (name: string, body: (workspace: Workspace) => Promise<void>): void =>
    testUnder(scenario.engine)(name, () => body(workspace));

  whenAvailable('everything is created, and then there is nothing to change', async (opened) => {
    recorder.record(await opened.apply());
    recorder.recordState(await opened.state());
    expect(await opened.plan()).toContain('No changes.');
  });

  whenAvailable('changes are made in place, of an application by a rolling update', async (opened) => {
    opened.setVariables(scenario.changes);
    const changes = await opened.apply();
    recorder.record(changes);
    expect(changes.filter(({ change }) => change.actions.includes('delete'))).toEqual([]);
    expect(await opened.plan()).toContain('No changes.');
    const proxies = [...foundation.cell.running.values()].filter(({ appName }) => appName === 'proxy');
    expect([...new Set(proxies.map(({ env }) => env['EGRESS_ALLOW']))]).toEqual(
      scenario.account === 'deployer' ? [SECOND_LIST] : [],
    );
  });

  whenAvailable('resources removed from the state are imported by ID, and nothing is replaced', async (opened) => {
    const importable = (await opened.state()).filter(
      ({ mode, type, address }) =>
        mode === 'managed' && !NOT_IN_PROVIDER.import.includes(type) && address !== scenario.unimportable,
    );
    const changes = await opened.reimport(importable.map((resource) => ({ ...resource, id: idOf(resource) })));
    recorder.record(changes);
    expect(changes.filter(({ change }) => change.actions.includes('delete'))).toEqual([]);
    expect(await opened.plan()).toContain('No changes.');
  });

  whenAvailable('everything is destroyed, and nothing else', async (opened) => {
    recorder.record(await opened.apply('-destroy'));
    expect(await inventory(foundation)).toEqual(before);
    expect(foundation.cell.running.size).toBe(0);
    expect([program.instances.size, program.bindings.size]).toEqual([0, 0]);
    expect(foundation.failures).toEqual([]);
  });

  whenAvailable("the documentation's record matches", () => {
    expect(recorder.coverage).toEqual(readCoverage()[scenario.account]);
    return Promise.resolve();
  });
});
