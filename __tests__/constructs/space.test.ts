import { DataCloudfoundryOrg } from '@cdktf/provider-cloudfoundry/lib/data-cloudfoundry-org';
import { DataCloudfoundrySecurityGroup } from '@cdktf/provider-cloudfoundry/lib/data-cloudfoundry-security-group';
import { DataCloudfoundrySpace } from '@cdktf/provider-cloudfoundry/lib/data-cloudfoundry-space';
import { CloudfoundryProvider } from '@cdktf/provider-cloudfoundry/lib/provider';
import { SecurityGroupSpaceBindings } from '@cdktf/provider-cloudfoundry/lib/security-group-space-bindings';
import { Space } from '@cdktf/provider-cloudfoundry/lib/space';
import { SpaceRole } from '@cdktf/provider-cloudfoundry/lib/space-role';
import type { TerraformStack } from 'cdktf';
import {
  Application,
  AppSource,
  Destination,
  Egress,
  EgressProxy,
  EgressSpace,
  Route,
  Service,
  ServiceKind,
} from '../../constructs';
import { SEED } from '../support/example';
import { synthStack } from '../support/synth';

const at = { orgName: 'agency', spaceName: 'inside' };

test('a space is closed by default: no security group is bound, no role is assigned, and SSH is off', () => {
  const out = synthStack((stack) => new EgressSpace(stack, 'Inside', at));
  expect(out.resources(Space)).toEqual([
    { name: 'inside', org: '${data.cloudfoundry_org.Lookup_Organization-agency_2ACE0A4D.id}', allow_ssh: false },
  ]);
  expect(out.addresses).toEqual([
    'cloudfoundry_space.Inside_BA67C832',
    'data.cloudfoundry_org.Lookup_Organization-agency_2ACE0A4D',
  ]);
});

test('each security group is bound by one resource, to running applications only', () => {
  const out = synthStack((stack) => {
    new EgressSpace(stack, 'Inside', { ...at, egress: Egress.of('one', 'two', 'one') });
  });
  expect(out.resources(SecurityGroupSpaceBindings)).toEqual(
    ['one', 'two'].map((group) => ({
      running_spaces: [expect.stringMatching(/^\$\{cloudfoundry_space\.Inside_\w+\.id\}$/) as string],
      security_group: expect.stringMatching(
        new RegExp(`^\\$\\{data\\.cloudfoundry_security_group\\.Lookup_SecurityGroup-${group}_\\w+\\.id\\}$`),
      ) as string,
    })),
  );
});

test('deployers become manager and developer before anything is bound', () => {
  const out = synthStack((stack) => {
    new EgressSpace(stack, 'Inside', { ...at, egress: Egress.PUBLIC, deployers: ['ci', 'ci'] });
  });
  const space = expect.stringMatching(/^\$\{cloudfoundry_space\.Inside_\w+\.id\}$/) as string;
  expect(out.resources(SpaceRole)).toEqual([
    { type: 'space_developer', username: 'ci', space },
    { type: 'space_manager', username: 'ci', space },
  ]);
  expect(out.resources(SecurityGroupSpaceBindings)).toEqual([
    expect.objectContaining({
      depends_on: Object.keys(out.byId(SpaceRole))
        .sort()
        .reverse()
        .map((id) => `cloudfoundry_space_role.${id}`),
    }),
  ]);
});

test('a stack looks up an organization and a group once, for any number of spaces', () => {
  const out = synthStack((stack) => {
    for (const spaceName of ['a', 'b', 'c'])
      new EgressSpace(stack, spaceName, { ...at, spaceName, egress: Egress.PUBLIC });
  });
  expect(out.data(DataCloudfoundryOrg)).toEqual([{ name: 'agency' }]);
  expect(out.data(DataCloudfoundrySecurityGroup)).toEqual([{ name: 'public_networks_egress' }]);
});

test('a space that is looked up is read during the plan, and nothing is bound to it', () => {
  const out = synthStack((stack) => {
    const space = EgressSpace.fromLookup(stack, 'Inside', { ...at, egress: Egress.PUBLIC });
    expect(space.egress).toBe(Egress.PUBLIC);
  });
  expect(out.data(DataCloudfoundrySpace)).toEqual([
    { name: 'inside', org: expect.stringContaining('data.cloudfoundry_org') as string },
  ]);
  expect(out.addresses.filter((address) => !address.startsWith('data.'))).toEqual([]);
});

test('a space that is only referenced is never read, and its egress is unknown unless declared', () => {
  const out = synthStack((stack) => {
    const space = EgressSpace.fromLookup(stack, 'Inside', { ...at, spaceId: 'guid' });
    expect([space.spaceId, space.spaceName, space.orgName, space.egress]).toEqual([
      'guid',
      'inside',
      'agency',
      undefined,
    ]);
  });
  expect(out.addresses).toEqual([]);
});

test('the raw resource is the default child, and overrides on it reach the output', () => {
  const out = synthStack((stack) => {
    const space = new EgressSpace(stack, 'Inside', at);
    (space.node.defaultChild as Space).addOverride('labels', { team: 'a' });
  });
  expect(out.resources(Space)).toEqual([expect.objectContaining({ labels: { team: 'a' } })]);
});

type Blocks = Readonly<Record<string, Readonly<Record<string, { readonly provider?: string }>>>>;

function everything(stack: TerraformStack, provider?: CloudfoundryProvider, id = ''): void {
  const at = { orgName: 'agency', deployers: ['ci'], provider };
  const outside = new EgressSpace(stack, `Outside${id}`, { ...at, spaceName: 'outside', egress: Egress.PUBLIC });
  const inside = new EgressSpace(stack, `Inside${id}`, { ...at, spaceName: 'inside' });
  const files = new Service(stack, `Files${id}`, {
    space: inside,
    serviceName: 'files',
    kind: ServiceKind.managed('s3', 'basic'),
  });
  const allow = [Destination.fromService(files, 'bucket host').within('10.98.0.0/24')];
  const proxy = new EgressProxy(stack, `Proxy${id}`, {
    space: outside,
    name: 'proxy',
    source: AppSource.image('proxy:1'),
    allow,
    seed: SEED,
  });
  const web = new Application(stack, `Web${id}`, {
    space: inside,
    source: AppSource.image('web:1'),
    services: [files],
  });
  web.useProxy(proxy);
  new Route(stack, `Route${id}`, { app: web, host: 'web', domain: 'app.cloud.gov' });
  const theirs = EgressSpace.fromLookup(stack, `Theirs${id}`, { orgName: 'agency', spaceName: 'theirs', provider });
  Application.fromLookup(stack, `Batch${id}`, { space: theirs, appName: 'batch' }).connections.allowTo(proxy);
  const existing = new Service(stack, `Old${id}`, { space: theirs, serviceName: 'old', kind: ServiceKind.existing() });
  proxy.allowDestinations(Destination.fromService(existing, 'host').within('10.98.0.0/24'));
}

const providersIn = (text: string): (readonly [string, string | undefined])[] => {
  const { resource, data } = JSON.parse(text) as { readonly resource: Blocks; readonly data: Blocks };
  return [resource, data].flatMap((blocks) =>
    Object.entries(blocks)
      .filter(([type]) => type.startsWith('cloudfoundry_'))
      .flatMap(([type, all]) => Object.values(all).map(({ provider }) => [type, provider] as const)),
  );
};

test("everything in a space is created and looked up with the space's provider", () => {
  const out = synthStack((stack) => {
    everything(stack, new CloudfoundryProvider(stack, 'east', { alias: 'east' }));
  });
  const found = providersIn(out.text);
  expect(found.length).toBeGreaterThan(20);
  expect(found.filter(([, provider]) => provider !== 'cloudfoundry.east')).toEqual([]);
});

test('one program can declare the same for two foundations', () => {
  const out = synthStack((stack) => {
    everything(stack);
    everything(stack, new CloudfoundryProvider(stack, 'east', { alias: 'east' }), 'East');
  });
  const found = providersIn(out.text);
  const of = (provider?: string) => found.filter(([, by]) => by === provider).map(([type]) => type);
  expect(of('cloudfoundry.east').sort()).toEqual(of(undefined).sort());
});
