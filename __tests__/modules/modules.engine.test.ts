import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CloudfoundryProvider } from '@cdktf/provider-cloudfoundry/lib/provider';
import { LocalBackend, TerraformStack, TerraformVariable } from 'cdktf';
import { Application, AppSource, Destination, Egress, EgressProxy, EgressSpace, Port } from '../../constructs';
import type { PlanFile } from '../../review/readers/input';
import { reviewPlans } from '../../review/review';
import { REPOSITORY } from '../../tools/platform';
import { HclPlanner, type Edit } from '../review/support/engine';
import { EngineOnFoundation, EITHER_ENGINE, testUnder } from '../support/engines';
import { SEED } from '../support/example';
import { synth } from '../support/synth';
import { temporaryFolder } from '../support/temporary-folder';
import { sentences, planFile } from '../review/support/plan';

jest.setTimeout(300_000);

const MODULES = ['egress-proxy', 'egress-space'] as const;
const folderOf = (name: string): string => join(REPOSITORY, 'modules', name);
const SOURCES: readonly Edit[] = [
  ['"../../../modules/egress-proxy"', JSON.stringify(folderOf('egress-proxy'))],
  ['"../../../modules/egress-space"', JSON.stringify(folderOf('egress-space'))],
];

/** The same as `stack/main.tf`, with constructs. */
function constructs(stack: TerraformStack): void {
  // Relative to where the engine runs, not to where the program does.
  new LocalBackend(stack, { path: 'terraform.tfstate' });
  new CloudfoundryProvider(stack, 'cloudfoundry');
  const [orgName, deployers] = ['egress-demo', ['deployer']];
  const proxy = new EgressProxy(stack, 'Proxy', {
    space: new EgressSpace(stack, 'Outside', { orgName, spaceName: 'way-out', egress: Egress.PUBLIC, deployers }),
    name: 'proxy',
    source: AppSource.image('registry.example/egress-proxy:1'),
    seed: new TerraformVariable(stack, 'seed', { sensitive: true, default: SEED }).stringValue,
    memory: '64M',
    instances: 1,
  });
  const space = new EgressSpace(stack, 'Closed', { orgName, spaceName: 'closed', deployers });
  const lists = {
    web: [Destination.host('www.example.org', 80, 443)],
    batch: [Destination.domain('example.net', 80).except('raw.example.net'), Destination.host('www.example.com', 80)],
  };
  for (const [name, allow] of Object.entries(lists)) {
    const client = new Application(stack, name, { space, name, source: AppSource.image(`registry.example/${name}:1`) });
    proxy.grantClient(name, { space, allow });
    client.connections.allowTo(proxy, Port.tcp(8080));
  }
}

interface State {
  readonly resources: readonly {
    readonly type: string;
    readonly name: string;
    readonly instances: readonly {
      readonly attributes: { readonly service_bindings?: readonly { readonly service_instance: string }[] | null };
    }[];
  }[];
}

const reach = (plan: PlanFile): string[] => sentences(reviewPlans([plan])).sort();

describe.each(EITHER_ENGINE)('the modules for plain Terraform by %s', (engineName) => {
  const folder = temporaryFolder();
  let engine: EngineOnFoundation;
  let planner: HclPlanner;
  const test = testUnder(engineName);

  beforeAll(async () => {
    engine = await EngineOnFoundation.start(engineName);
    planner = await HclPlanner.start(engineName, join(__dirname, 'stack'), ...SOURCES);
  });
  afterAll(async () => {
    await engine.foundation.close();
    await planner.close();
  });

  test.each(MODULES)('the tests of %s pass, and its files are formatted', async (name) => {
    const copy = join(folder, name);
    cpSync(folderOf(name), copy, { recursive: true });
    await engine.run(copy, 'init', '-input=false');
    expect(await engine.run(copy, 'test')).toMatch(/Success! [0-9]+ passed, 0 failed/);
    await engine.run(copy, 'fmt', '-check', '-recursive');
  });

  test('a second plan has no changes, and no plan shows the generated seed', async () => {
    await planner.apply(...SOURCES);
    expect(reach(await planner.plan(...SOURCES))).toEqual([]);
    const state = await planner.run('show', '-json');
    const [, seed = 'none'] = /seed.{1,9}?([0-9a-f-]{72})/.exec(state) ?? [];
    expect(seed).not.toBe('none');
    expect(await planner.run('plan', '-destroy', '-input=false')).not.toContain(seed);
  });

  test('a removed drain is gone, and logs no longer leave', async () => {
    const drained: Edit = ['module "egress" {', 'module "egress" {\n  drain = "https://logs.example.gov/in"'];
    const kept = async (): Promise<readonly string[]> => {
      const { resources } = JSON.parse(await planner.run('state', 'pull')) as State;
      const proxy = resources.find(({ type, name }) => type === 'cloudfoundry_app' && name === 'proxy');
      const bound = proxy?.instances[0]?.attributes.service_bindings ?? [];
      const drains = resources.filter(({ name, instances }) => name === 'drain' && instances.length > 0);
      return [...bound.map((one) => one.service_instance), ...drains.map(({ type }) => type)];
    };
    await planner.apply(...SOURCES, drained);
    expect(await kept()).toEqual(['proxy-drain', 'cloudfoundry_service_instance']);
    await planner.apply(...SOURCES);
    await planner.run('apply', '-refresh-only', '-auto-approve', '-input=false');
    expect(await kept()).toEqual([]);
    expect(reach(await planner.plan(...SOURCES))).toEqual([]);
  });

  // A plan knows everything about existing resources, so a destroy closes exactly what was open.
  test('they open exactly what the equivalent constructs open', async () => {
    const written = join(folder, 'constructs');
    mkdirSync(written);
    const { text = '' } =
      synth((app) => {
        constructs(new TerraformStack(app, 'module'));
      }).module ?? {};
    writeFileSync(join(written, 'main.tf.json'), text);
    type Run = (...args: readonly string[]) => Promise<string>;
    const byConstructs: Run = (...args) => engine.run(written, ...args);
    const byModule: Run = (...args) => planner.run(...args);
    await byConstructs('init', '-input=false');
    await byConstructs('apply', '-auto-approve', '-input=false');
    const closes = async (run: Run): Promise<string[]> => {
      await run('plan', '-destroy', '-input=false', '-out=saved');
      const json = JSON.parse(await run('show', '-json', 'saved')) as unknown;
      return reach(planFile(json));
    };
    const opened = await closes(byModule);
    expect(opened).toEqual(expect.arrayContaining(['web can no longer reach www.example.org:80,443 through proxy']));
    expect(opened).toEqual(await closes(byConstructs));
  });
});
