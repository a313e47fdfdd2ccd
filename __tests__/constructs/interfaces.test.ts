/** What a team's own constructs need to work with those of the library, including another copy of it. */
import { App } from '@cdktf/provider-cloudfoundry/lib/app';
import { Construct } from 'constructs';
import {
  Application,
  AppSource,
  Connections,
  Destination,
  EgressProxy,
  EgressSpace,
  Port,
  ServiceKind,
  Service,
} from '../../constructs';
import type { IEgressProxy, ISpace } from '../../constructs';
import { example, SEED } from '../support/example';
import { synthStack } from '../support/synth';

/** A construct that uses only the published interfaces. */
class OwnSpace extends Construct implements ISpace {
  readonly spaceId = 'guid';
  readonly spaceName = 'own';
  readonly orgName = 'agency';
}
class OwnProxy extends Construct implements IEgressProxy {
  readonly appId = 'proxy-guid';
  readonly space = new OwnSpace(this, 'Space');
  readonly connections: Connections = new Connections(this, Port.SQUID);
  readonly proxyUri = 'http://theirs.apps.internal:3128';
}

/** A second copy of the library, as two packages in one installation can each have one. */
function anotherCopy(): typeof import('../../constructs') {
  let copy: typeof import('../../constructs') | undefined;
  jest.isolateModules(() => {
    copy = jest.requireActual<typeof import('../../constructs')>('../../constructs');
  });
  if (copy === undefined) throw new Error('the library could not be loaded');
  return copy;
}

test("a team's own space and proxy need only implement the interfaces", () => {
  const out = synthStack((stack) => {
    const space = new OwnSpace(stack, 'Space');
    const app = new Application(stack, 'Web', { space, source: AppSource.image('web:1') });
    app.connections.allowTo(new OwnProxy(stack, 'Other'), Port.tcp(3128));
    app.useProxy(new OwnProxy(stack, 'Proxy'));
  });
  expect(out.resources(App)[0]).toMatchObject({
    space_name: 'own',
    environment: { HTTPS_PROXY: 'http://theirs.apps.internal:3128' },
  });
});

test('constructs of another copy of the library are recognized', () => {
  const copy = anotherCopy();
  expect(copy.EgressSpace).not.toBe(EgressSpace);
  synthStack((stack) => {
    const space = new copy.EgressSpace(stack, 'Theirs', { orgName: 'agency', spaceName: 'theirs', deployers: ['ci'] });
    const files = { space, serviceName: 'files', kind: ServiceKind.existing() };
    expect(() => new Service(stack, 'Files', files)).toThrow("service 'files' can't exist already in test/Theirs");
    const app = new Application(stack, 'Web', { space, source: AppSource.image('web:1') });
    expect((app.node.defaultChild as App).dependsOn).toHaveLength(2);
  });
  const out = synthStack((stack) => {
    const { outside, inside } = example(stack);
    const proxy = new copy.EgressProxy(stack, 'Theirs', {
      space: outside,
      source: AppSource.image('proxy:1'),
      seed: SEED,
    });
    const allow = [copy.Destination.host('api.example.gov'), Destination.host('www.example.gov')];
    new Application(stack, 'Web', { space: inside, source: AppSource.image('web:1') }).useProxy(proxy, { allow });
    expect(proxy).not.toBeInstanceOf(EgressProxy);
  });
  expect(out.resources(App).find(({ name }) => name === 'theirs')?.environment).toMatchObject({
    EGRESS_CLIENTS: 'web api.example.gov:443\nweb www.example.gov:443',
  });
});
