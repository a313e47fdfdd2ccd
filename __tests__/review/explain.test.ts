import { join } from 'node:path';
import { runCommand } from './support/command';
import { application, policy, space, bound, group, recipe } from './support/facts';
import { plan as planOf, type Change } from './support/plan';
import { temporaryFolder, writeFiles } from '../support/temporary-folder';
import { explainCommand } from '../../review/commands';
import { explain } from '../../review/explain';
import { joinFacts, OTHER_APPLICATION, SOME_APPLICATION, type Facts } from '../../review/model/facts';
import { Model } from '../../review/model/model';
import { knownGroup } from '../../review/model/reach';
import { factsOf } from '../../review/readers/resources';
import { LATER, Unresolved, type Resource } from '../../review/readers/values';
import { findingsOf } from '../../review/rules';

const app = (name: string) => ({ id: `${name}-id`, name, org_name: 'org', space_name: 'home' });
const APPS = { Web_1A2B: app('web'), Proxy_3C4D: app('proxy') };
const POLICY = { policies: [{ source_app: 'web-id', destination_app: 'proxy-id', protocol: 'tcp', port: '3128' }] };

const unchanged = (address: string, values: object): Change => ({ address, before: values, after: values });
const PLAN = planOf([
  ...Object.entries(APPS).map(([id, values]) => unchanged(`cloudfoundry_app.${id}`, values)),
  unchanged('cloudfoundry_network_policy.Web_ToProxy_5E6F', POLICY),
]);
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
  folder = temporaryFolder({ 'plan.json': JSON.stringify(PLAN) });
  plan = join(folder, 'plan.json');
  process.chdir(folder);
});
afterEach(() => {
  process.chdir(before);
});

function synthesized(output: string): void {
  writeFiles(folder, { [`${output}/stacks/demo/cdk.tf.json`]: JSON.stringify(TREE) });
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

const NONE: Facts = { spaces: [], groups: [], bindings: [], applications: [], policies: [], routes: [] };
const facts = (more: Partial<Facts>): Facts =>
  joinFacts(
    {
      ...NONE,
      spaces: [space('home')],
      applications: ['web', 'api', 'relay'].map((name) => application(`home/${name}`)),
    },
    {
      ...NONE,
      ...more,
    },
  );
const unknown = { token: 'ends', because: 'which applications it names' };

describe('what explain says where a review says "may"', () => {
  it.each([
    ['any two', { source: SOME_APPLICATION, destination: OTHER_APPLICATION }],
    ['some other one', { source: 'org/home/web', destination: OTHER_APPLICATION }],
    ['some source', { source: SOME_APPLICATION, destination: 'org/home/api' }],
  ])('is unknown for a policy between %s', (_, ends) => {
    const model = new Model(facts({ policies: [policy('home/web', 'home/api', '8080', { ...ends, unknown })] }));
    expect(explain(model, 'web', 'api')).toMatchObject({
      answer: 'unknown',
      reasons: [expect.stringContaining('which applications it names') as string],
    });
  });

  it('is "no" for a policy that can only apply to others', () => {
    const others = policy('home/relay', 'home/api', '8080', { destination: OTHER_APPLICATION, unknown });
    expect(explain(new Model(facts({ policies: [others] })), 'web', 'api').answer).toBe('no');
  });

  it('names the application through which another can be reached', () => {
    const policies = [policy('home/web', 'home/relay', '8080'), policy('home/relay', 'home/api', '8080')];
    expect(explain(new Model(facts({ policies })), 'web', 'api')).toEqual({
      answer: 'unknown',
      reasons: ['through relay, if it forwards: policies lead from web to it, and on'],
    });
  });
});

test('an application whose whole environment is hidden is not called a proxy', () => {
  const hidden = { allowlist: { lines: [], unknown: [{ token: 'x', because: 'whether this is a proxy' }] } };
  const policies = ['web', 'api'].map((name) => policy(`home/${name}`, 'home/scanner', '8080'));
  const more = { applications: [application('home/scanner', {}, hidden)], policies };
  const found = findingsOf(new Model(facts(more))).map(({ rule, subject }) => [rule, subject]);
  expect(found.filter(([, subject]) => subject === 'org/home/scanner')).toEqual([
    ['allowlist-unknown', 'org/home/scanner'],
  ]);
  expect(found.map(([rule]) => rule)).not.toContain('edge-unused');
  expect(found.map(([rule]) => rule)).not.toContain('proxy-shares-space');
});

const made = (address: string, values: Resource['values'], managed = true): Resource => {
  return { stack: 's', address, managed, type: address.replace('data.', '').split('.')[0] ?? '', values };
};

/** An application in a space with these groups, and a bucket from the marketplace. */
function world(groups: readonly string[], offering = 's3', binding: Resource['values'] = {}): Model {
  return new Model(
    factsOf([
      made('data.cloudfoundry_org.o', { id: 'o', name: 'org' }, false),
      made('cloudfoundry_space.home', { id: 'h', name: 'home', org: 'o' }),
      made('cloudfoundry_app.web', { id: 'w', name: 'web', org_name: 'org', space_name: 'home', docker_image: 'x' }),
      made('data.cloudfoundry_service_plan.p', { id: 'p', name: 'basic', service_offering_name: offering }, false),
      made('cloudfoundry_service_instance.files', { name: 'files', space: 'h', service_plan: 'p', type: 'managed' }),
      made('cloudfoundry_service_instance.own', { name: 'own', space: 'h', type: 'user-provided' }),
      ...groups.flatMap((name) => [
        made(`data.cloudfoundry_security_group.${name}`, { id: name, name }, false),
        made(`cloudfoundry_security_group_space_bindings.${name}`, {
          security_group: name,
          running_spaces: ['h'],
          ...binding,
        }),
      ]),
    ]),
  );
}
const LOCAL = 'trusted_local_networks_egress';
const BUCKET = 'files-1.s3-fips.us-gov-west-1.amazonaws.com';

describe('whether an application reaches a service', () => {
  it('is "yes" for a brokered bucket in a trusted-local space, and in a public one', () => {
    expect(explain(world([LOCAL]), 'web', 'files')).toEqual({
      answer: 'yes',
      reasons: [
        `directly: files is a brokered bucket (s3), and space org/home has ${LOCAL} (cloudfoundry_security_group_space_bindings.${LOCAL})`,
      ],
    });
    expect(explain(world(['public_networks_egress']), 'web', 'files').answer).toBe('yes');
  });

  it('is "no" in a closed space, except for what a proxy lists', () => {
    expect(explain(world([]), 'web', 'files')).toEqual({
      answer: 'no',
      reasons: [
        'not directly: files is a brokered bucket (s3), and space org/home has no security group',
        'possibly through a proxy: the host of files is in its credentials, which no plan shows: ask for the host',
      ],
    });
  });

  it("is unknown with a group that isn't cloud.gov's, or that may be bound elsewhere", () => {
    expect(explain(world(['own']), 'web', 'files').answer).toBe('unknown');
    const either = new Unresolved('either', LATER, [{ stack: 's', address: 'x.y', attribute: 'id' }]);
    expect(explain(world([LOCAL], 's3', { running_spaces: either }), 'web', 'files').answer).not.toBe('yes');
  });

  it("is unknown for a service that isn't a bucket, and for a user’s own", () => {
    expect(explain(world([LOCAL], 'aws-rds'), 'web', 'files').answer).toBe('unknown');
    expect(explain(world([LOCAL]), 'web', 'own').answer).toBe('unknown');
  });

  it('is unknown for a host that could belong to a brokered bucket, if the platform’s own network is open', () => {
    const answer = (model: Model, host: string) => explain(model, 'web', host).answer;
    expect(answer(world([LOCAL]), BUCKET)).toBe('unknown');
    expect(answer(world([LOCAL]), 'www.example.com')).toBe('no');
    expect(answer(world([]), BUCKET)).toBe('no');
  });
});

test("a group that may be bound to every space makes a host unknown, and one that isn't keeps it closed", () => {
  const model = (running: 'unknown' | 'no') =>
    new Model(
      recipe('', {
        spaces: [space('inside')],
        groups: [
          group('everywhere', [], { reach: knownGroup('public_networks_egress'), global: { running, staging: 'no' } }),
        ],
        bindings: [bound('other', 'elsewhere')],
        applications: [application('inside/web')],
        policies: [],
      }),
    );
  expect(explain(model('unknown'), 'web', 'www.example.com').answer).toBe('unknown');
  expect(explain(model('no'), 'web', 'www.example.com').answer).toBe('no');
});
