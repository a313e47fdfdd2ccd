import { CloudfoundryProvider } from '@cdktf/provider-cloudfoundry/lib/provider';
import type { TerraformStack } from 'cdktf';
import {
  Application,
  AppSource,
  Destination,
  Egress,
  EgressProxy,
  EgressSpace,
  Route,
  ServiceKind,
  Service,
} from '../../constructs';
import { SEED } from '../support/passwords';
import { synthStack } from '../support/synth';

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
