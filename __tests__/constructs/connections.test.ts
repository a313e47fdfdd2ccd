import { NetworkPolicy as CfNetworkPolicy } from '@cdktf/provider-cloudfoundry/lib/network-policy';
import { Construct } from 'constructs';
import { Application, AppSource, EgressProxy, NetworkPolicy, Port } from '../../constructs';
import { example, knownSpace } from '../support/example';
import { newStack, synth, synthStack } from '../support/synth';

const policy = (source: string, destination: string, port: string) => ({
  policies: [
    {
      source_app: expect.stringMatching(new RegExp(`^\\$\\{cloudfoundry_app\\.${source}\\w*\\.id\\}$`)) as string,
      destination_app: expect.stringMatching(
        new RegExp(`^\\$\\{cloudfoundry_app\\.${destination}\\w*\\.id\\}$`),
      ) as string,
      port,
      protocol: 'tcp',
    },
  ],
});

test('no policy exists until one is requested', () => {
  expect(synthStack(example).resources(CfNetworkPolicy)).toEqual([]);
});

test("the peer's own port is opened unless others are named, with one resource for each", () => {
  const out = synthStack((stack) => {
    const { client, proxy } = example(stack);
    client.connections.allowTo(proxy);
    client.connections.allowTo(proxy, Port.tcpRange(8080, 8085));
  });
  expect(out.resources(CfNetworkPolicy)).toEqual([
    policy('Client', 'Proxy', '3128'),
    policy('Client', 'Proxy', '8080-8085'),
  ]);
});

test('requesting the same edge twice, from either side, gives the same object', () => {
  const out = synthStack((stack) => {
    const { client, proxy } = example(stack);
    const first = client.connections.allowTo(proxy);
    expect(client.connections.allowTo(proxy, Port.tcp(3128))).toBe(first);
    expect(proxy.allowFrom(client)).toBe(first);
    expect(client.useProxy(proxy)).toBe(first);
  });
  expect(out.resources(CfNetworkPolicy)).toHaveLength(1);
});

test("an edge lives in the client's scope, with an id from the peer's path and the port", () => {
  synthStack((stack) => {
    const { client, proxy } = example(stack);
    const edge = proxy.allowFrom(client);
    expect(edge.node.path).toBe('test/Client/To-Proxy-3128');
    expect([edge.source, edge.destination, edge.port.toString()]).toEqual([client, proxy, '3128']);
  });
});

test('edges with similar names have different ids: a range and a name that ends in a port, a stack and a scope', () => {
  const { ours, shared } = synth((app) => {
    const theirs = newStack(app, 'shared');
    const { proxy: other } = example(theirs);
    const stack = newStack(app, 'ours');
    const { client, inside, outside } = example(stack);
    const source = AppSource.image('web:1');
    const web = new Application(stack, 'Web', { space: inside, source });
    const port = new Application(stack, 'Web-8080', { space: inside, name: 'other', source });
    client.connections.allowTo(web, Port.tcpRange(8080, 8085));
    client.connections.allowTo(port, Port.tcp(8085));
    const scope = new Construct(stack, 'shared');
    client.connections.allowTo(other);
    client.connections.allowTo(
      new EgressProxy(scope, 'Proxy', { space: outside, name: 'mine', source: AppSource.image('proxy:1') }),
    );
  });
  expect(shared?.resources(CfNetworkPolicy)).toEqual([]);
  expect(ours?.resources(CfNetworkPolicy)).toHaveLength(4);
});

test('a policy is a construct in the given scope', () => {
  const out = synthStack((stack) => {
    const { client, proxy } = example(stack);
    const scope = new Construct(stack, 'Edges');
    const edge = new NetworkPolicy(scope, 'Way', { source: client, destination: proxy, port: Port.SQUID });
    expect(edge.node.path).toBe('test/Edges/Way');
  });
  expect(out.resources(CfNetworkPolicy)).toEqual([policy('Client', 'Proxy', '3128')]);
});

test('existing applications can be opened to each other', () => {
  const out = synthStack((stack) => {
    const space = knownSpace(stack);
    const batch = Application.fromLookup(stack, 'Batch', { space, appName: 'batch', appId: 'batch-guid' });
    const proxy = EgressProxy.fromLookup(stack, 'Proxy', {
      space,
      appName: 'proxy',
      appId: 'proxy-guid',
      proxyUri: 'http://proxy.apps.internal:8080',
    });
    batch.connections.allowTo(proxy);
  });
  expect(out.resources(CfNetworkPolicy)).toEqual([
    { policies: [{ source_app: 'batch-guid', destination_app: 'proxy-guid', port: '8080', protocol: 'tcp' }] },
  ]);
});

test('an edge across stacks is in the stack of the client, which depends on that of the proxy', () => {
  const { clients, proxies } = synth((app) => {
    const theirs = newStack(app, 'proxies');
    const { proxy, outside } = example(theirs);
    const ours = newStack(app, 'clients');
    new Application(ours, 'Web', { space: outside, name: 'web', source: AppSource.image('web:1') }).useProxy(proxy);
  });
  expect(proxies?.resources(CfNetworkPolicy)).toEqual([]);
  expect(clients?.resources(CfNetworkPolicy)).toEqual([
    {
      policies: [
        {
          source_app: expect.stringContaining('cloudfoundry_app.Web') as string,
          destination_app: expect.stringContaining('data.terraform_remote_state') as string,
          port: '3128',
          protocol: 'tcp',
        },
      ],
    },
  ]);
  // depends_on must not contain anything from the other stack: the engine knows only its own.
  expect(clients?.text).not.toContain('depends_on');
});

test('fails for an edge without a port, and says how to name one', () => {
  expect(() =>
    synthStack((stack) => {
      const { client, proxy } = example(stack);
      proxy.connections.allowTo(client);
    }),
  ).toThrow('test/Client does not declare a port, so a policy to it needs one: call allowTo(peer, Port.tcp(8080))');
});
