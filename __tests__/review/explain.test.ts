import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { explainCommand } from '../../review/commands';
import { runCommand } from './support/command';

const app = (name: string) => ({ id: `${name}-id`, name, org_name: 'org', space_name: 'home' });
const APPS = { Web_1A2B: app('web'), Proxy_3C4D: app('proxy') };
const POLICY = { policies: [{ source_app: 'web-id', destination_app: 'proxy-id', protocol: 'tcp', port: '3128' }] };

const unchanged = (type: string, id: string, values: object) => ({
  address: `${type}.${id}`,
  mode: 'managed',
  type,
  change: { actions: ['no-op'], before: values, after: values },
});
const PLAN = {
  format_version: '1.2',
  planned_values: {},
  resource_changes: [
    ...Object.entries(APPS).map(([id, values]) => unchanged('cloudfoundry_app', id, values)),
    unchanged('cloudfoundry_network_policy', 'Web_ToProxy_5E6F', POLICY),
  ],
};
const TREE = {
  resource: {
    cloudfoundry_app: APPS,
    cloudfoundry_network_policy: {
      Web_ToProxy_5E6F: { '//': { metadata: { path: 'demo/Web/To-Proxy-3128/Resource' } }, ...POLICY },
    },
  },
};

let folder: string;
let plan: string;
const before = process.cwd();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'review-explain-'));
  plan = join(folder, 'plan.json');
  writeFileSync(plan, JSON.stringify(PLAN));
  process.chdir(folder);
});
afterEach(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true, force: true });
});

function synthesized(output: string): void {
  mkdirSync(join(folder, output, 'stacks', 'demo'), { recursive: true });
  writeFileSync(join(folder, output, 'stacks', 'demo', 'cdk.tf.json'), JSON.stringify(TREE));
}
const explained = (...args: string[]) => runCommand(explainCommand(), ['web', 'proxy', ...args]);
const saying = (place: string) => ({
  out: `web -> proxy: yes\n  the network policy (${place}) opens tcp 3128 of proxy to web\n`,
  error: '',
  code: 0,
});

describe('space-egress explain of a plan', () => {
  it('names the constructs of the program that is given with it', async () => {
    synthesized('elsewhere');
    expect(await explained(plan, '--tree', 'elsewhere')).toEqual(saying('demo/Web/To-Proxy-3128'));
  });

  it('names the constructs of the program that cdktf has synthesized here', async () => {
    synthesized('cdktf.out');
    expect(await explained(plan)).toEqual(saying('demo/Web/To-Proxy-3128'));
  });

  it('names addresses if there is no program', async () => {
    expect(await explained(plan)).toEqual(saying('cloudfoundry_network_policy.Web_ToProxy_5E6F'));
  });

  it("says so if the program doesn't exist", async () => {
    expect(await explained(plan, '--tree', 'none')).toMatchObject({
      code: 1,
      error: expect.stringContaining("none has no folder 'stacks'") as string,
    });
  });

  it('reads the program if there is no plan', async () => {
    synthesized('cdktf.out');
    expect(await explained()).toEqual(saying('demo/Web/To-Proxy-3128'));
  });
});
