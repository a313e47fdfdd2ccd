/** Mistakes that a program can make although it compiles: each is refused early, with the construct's path and a remedy. */
import { CloudfoundryProvider } from '@cdktf/provider-cloudfoundry/lib/provider';
import { type TerraformStack, TerraformVariable } from 'cdktf';
import {
  Application,
  AppSource,
  Destination,
  Egress,
  EgressProxy,
  type EgressProxyProps,
  EgressSpace,
  NetworkPolicy,
  Port,
  Route,
  Service,
  ServiceKind,
  TcpForward,
  type UseProxyOptions,
} from '../../constructs';
import { ProxyImage } from '../../constructs/proxy-image';
import { SEED } from '../support/example';
import { synthStack } from '../support/synth';

const source = AppSource.image('web:1');
const bucket = ServiceKind.managed('s3', 'basic');
const smtp = Destination.host('smtp.example.org', 587);

interface Given {
  readonly stack: TerraformStack;
  readonly outside: EgressSpace;
  readonly inside: EgressSpace;
}

const spaceOf = (stack: TerraformStack, id: string, egress: Egress) =>
  new EgressSpace(stack, id, { orgName: 'agency', spaceName: id.toLowerCase(), egress });
const after = (mistake: (given: Given) => unknown) => () =>
  synthStack((stack) => {
    const outside = spaceOf(stack, 'Outside', Egress.PUBLIC);
    mistake({ stack, outside, inside: spaceOf(stack, 'Inside', Egress.CLOSED) });
  });
const variable = (stack: TerraformStack) => new TerraformVariable(stack, 'given', {}).stringValue;
const at = { orgName: 'agency', spaceName: 'new' };
const web = ({ stack, inside: space }: Given, name?: string, id = 'Web') =>
  new Application(stack, id, { space, source, name });
const proxy = ({ stack, outside: space }: Given, props: Partial<EgressProxyProps> = {}) =>
  new EgressProxy(stack, 'Proxy', { space, source, ...props });
const client = (given: Given, options: UseProxyOptions, props: Partial<EgressProxyProps> = {}) =>
  web(given).useProxy(proxy(given, props), options);
const forward = ({ stack, outside: space }: Given, props: object = {}) =>
  new TcpForward(stack, 'Mail', { space, source, destination: smtp, ...props });
const files = ({ stack }: Given, space: EgressSpace, id = 'Files', kind = bucket) =>
  new Service(stack, id, { space, serviceName: 'files', kind });

type Mistake = readonly [what: string, mistake: (given: Given) => unknown, message: string | RegExp];

describe('a space', () => {
  test.each<Mistake>([
    [
      'without a name',
      ({ stack }) => new EgressSpace(stack, 'New', { ...at, spaceName: '' }),
      "test/New has the spaceName ''",
    ],
    [
      'that is looked up without an organization',
      ({ stack }) => EgressSpace.fromLookup(stack, 'New', { ...at, orgName: '' }),
      "test/New has the orgName ''",
    ],
    [
      'with a deployer that is empty',
      ({ stack }) => new EgressSpace(stack, 'New', { ...at, deployers: [''] }),
      "test/New has the deployer '': give one that is not empty",
    ],
    [
      'with a token among its deployers',
      ({ stack }) => new EgressSpace(stack, 'New', { ...at, deployers: ['me@agency.gov', variable(stack)] }),
      'deployers of test/New is ${var.given}, a token',
    ],
    [
      'that another construct makes',
      ({ stack }) => ['One', 'Two'].map((id) => new EgressSpace(stack, id, at)),
      "test/Two and test/One are both the space 'new' of agency, which can be created only once",
    ],
    [
      'that another construct makes in other capitals, which the platform takes for one',
      ({ stack }) => ['s', 'S'].map((spaceName) => new EgressSpace(stack, `In-${spaceName}`, { ...at, spaceName })),
      "test/In-S and test/In-s are both the space 'S' of agency, which can be created only once",
    ],
    [
      'that is looked up in the stack that creates it',
      ({ stack }) => [new EgressSpace(stack, 'New', at), EgressSpace.fromLookup(stack, 'Known', at)],
      "test/Known looks up the space 'new' of agency, which test/New creates in the same stack",
    ],
    [
      'that is looked up before the same stack creates it',
      ({ stack }) => [EgressSpace.fromLookup(stack, 'Known', at), new EgressSpace(stack, 'New', at)],
      "test/Known looks up the space 'new' of agency, which test/New creates in the same stack",
    ],
  ])('%s is refused', (_what, mistake, message) => {
    expect(after(mistake)).toThrow(message);
  });
});

describe('an application', () => {
  test.each<Mistake>([
    ['without a name', (given) => web(given, ''), "test/Web has the name '': give one that is not empty"],
    [
      'from an image with a space in it',
      ({ stack, inside: space }) => new Application(stack, 'Web', { space, source: AppSource.image('web :1') }),
      "'web :1' is not an image",
    ],
    [
      'by two look-ups',
      ({ stack, inside: space }) =>
        ['One', 'Two'].map((id) => Application.fromLookup(stack, id, { space, appName: 'batch' })),
      "test/Two and test/One are both 'batch' in one space",
    ],
    [
      'by look-ups in two look-ups of its space',
      ({ stack }) => {
        for (const id of ['One', 'Two']) {
          const space = EgressSpace.fromLookup(stack, id, at);
          Application.fromLookup(stack, `Batch${id}`, { space, appName: 'batch' });
        }
      },
      "test/BatchTwo and test/BatchOne are both 'batch' in one space",
    ],
    [
      'that another construct makes in other capitals, which the platform takes for one',
      (given) => ['web', 'Web'].map((name) => web(given, name, `By-${name}`)),
      "test/By-Web and test/By-web are both named 'Web' in one space, and each would take over the other's application",
    ],
    [
      "that is bound to another space's service, which the provider doesn't find",
      (given) => {
        const services = [files(given, given.outside)];
        new Application(given.stack, 'Web', { space: given.inside, source, services });
      },
      /^test\/Web can't be bound to test\/Files, which is in test\/\w+ and not in test\/\w+: create/,
    ],
    ...['https://example.gov', '*.example.gov', 'a.example.gov,b.example.gov', ''].map((host): Mistake => [
      `that connects to '${host}' without the proxy, which no program would match`,
      (given) => client(given, { noProxy: [host] }),
      `test/Web: '${host}' can't be in noProxy: write a host, .example.gov for a domain`,
    ]),
    [
      'with a proxy variable that no shell can set',
      (given) => client(given, { variables: ['my-proxy'] }),
      "'my-proxy' is not a variable that a shell can set",
    ],
    [
      "with a forwarder's variable that the proxy set before",
      (given) => {
        const app = web(given);
        app.useProxy(proxy(given));
        app.useForward(forward(given), { variables: { host: 'HTTPS_PROXY' } });
      },
      'test/Web already has HTTPS_PROXY, which useForward would set',
    ],
    [
      "with a proxy's variable that a forwarder set before",
      (given) => {
        const app = web(given);
        app.useForward(forward(given), { variables: { host: 'HTTPS_PROXY' } });
        app.useProxy(proxy(given));
      },
      'test/Web sets HTTPS_PROXY itself, which useProxy sets: remove it from environment, or',
    ],
  ])('%s is refused', (_what, mistake, message) => {
    expect(after(mistake)).toThrow(message);
  });
});

describe('what the platform has once', () => {
  test.each<Mistake>([
    [
      'a route of two constructs',
      (given) => {
        const app = web(given);
        for (const id of ['One', 'Two']) new Route(given.stack, id, { app, host: 'my-web', domain: 'example.gov' });
      },
      'test/Two and test/One are both the route my-web.example.gov, which can be created only once',
    ],
    [
      'a route of two constructs on the internal domain',
      ({ stack, outside }) => {
        for (const [id, space] of Object.entries({ One: outside, Two: spaceOf(stack, 'Special', Egress.PUBLIC) })) {
          new EgressProxy(stack, id, { space, source, name: 'egress-proxy' });
        }
      },
      'test/Two/Route and test/One/Route are both the route egress-proxy.apps.internal',
    ],
    [
      'a service that two constructs create in one space',
      (given) => ['Files0', 'Files1'].map((id) => files(given, given.inside, id)),
      "test/Files1 and test/Files0 are both the service 'files' in one space",
    ],
    [
      'a policy of two constructs, either of which would close it for both',
      (given) => {
        const [app, destination] = [web(given), proxy(given)];
        app.useProxy(destination);
        new NetworkPolicy(given.stack, 'Again', { source: app, destination, port: Port.SQUID });
      },
      'test/Again and test/Web/To-Proxy-3128 open the same port',
    ],
  ])('is refused twice: %s', (_what, mistake, message) => {
    expect(after(mistake)).toThrow(message);
  });

  test('does not include a service of the same name in another space', () => {
    expect(after((given) => [files(given, given.inside), files(given, given.outside, 'More')])).not.toThrow();
  });
});

test('a policy between two foundations is refused, which names an application that the platform does not know', () => {
  const across = after(({ stack }) => {
    const space = (alias: string): EgressSpace => {
      const provider = new CloudfoundryProvider(stack, alias, { alias, apiUrl: `https://api.${alias}.example.gov` });
      return new EgressSpace(stack, `${alias}-space`, { ...at, spaceName: alias, egress: Egress.PUBLIC, provider });
    };
    const destination = new EgressProxy(stack, 'Proxy', { space: space('east'), source });
    new Application(stack, 'Web', { space: space('west'), source }).useProxy(destination);
  });
  expect(across).toThrow(
    'test/Web is on https://api.west.example.gov and test/Proxy on https://api.east.example.gov: a',
  );
});

test.each<Mistake>([
  ...Object.entries({ short: 'short', 'of one letter': 'a'.repeat(40), 'that is not set': '' }).map(
    ([what, seed]): Mistake => [
      `a proxy with a seed ${what}, if synth knows it,`,
      (given) => proxy(given, { seed }),
      'the seed of test/Proxy has fewer than 32 characters, or fewer than 10 different ones',
    ],
  ),
  [
    'a client with a sign that its name can’t have',
    (given) => client(given, { client: 'My_Web' }, { seed: SEED }),
    "test/Web: client 'My_Web' has the label 'My_Web': a label is lowercase letters",
  ],
  [
    'a client with capitals in its name',
    (given) => client(given, { client: 'MyWeb' }, { seed: SEED }),
    "test/Web: client 'MyWeb' has capitals: write 'myweb'",
  ],
  [
    'a token as a version of credentials, which is part of a name,',
    (given) => client(given, { credentials: { version: variable(given.stack) } }, { seed: SEED }),
    "a version of the credentials of client 'web' is ${var.given}, a token",
  ],
  [
    'a forwarder whose internal name synth does not know',
    (given) => forward(given, { host: variable(given.stack) }),
    'host of test/Mail is ${var.given}, a token',
  ],
  [
    'a forwarder in a domain with a dot in front',
    (given) => forward(given, { internalDomain: '.apps.internal' }),
    "'.apps.internal' has an empty label",
  ],
  [
    'a route with capitals',
    (given) => new Route(given.stack, 'Route', { app: web(given), host: 'MyApp', domain: 'app.cloud.gov' }),
    "'MyApp' has capitals: write 'myapp'",
  ],
  [
    'a host with its port',
    () => Destination.host('api.example.gov:443'),
    "'api.example.gov:443' has a port: write the host name only",
  ],
  [
    'a domain as a host',
    () => Destination.host('.example.gov'),
    "'.example.gov' begins with a dot, as a domain does: use Destination.domain",
  ],
  [
    'an image of the proxy from a folder that is not there',
    ({ stack }) => new ProxyImage(stack, 'Image', { repository: 'ghcr.io/team/proxy', folder: 'no-such-folder' }),
    /^test\/Image: \/.*\/no-such-folder is not a folder: give the one with the Dockerfile/,
  ],
  [
    'an image of the proxy for a platform without an operating system',
    ({ stack }) => new ProxyImage(stack, 'Image', { repository: 'ghcr.io/team/proxy', platform: 'amd64' }),
    "test/Image: 'amd64' is not a platform: write OS/ARCHITECTURE, as in linux/amd64",
  ],
  [
    'a service from an offering without a name',
    (given) => files(given, given.inside, 'Files', ServiceKind.managed('', 'basic')),
    "test/Files has the offering '': give one that is not empty",
  ],
])('%s is refused', (_what, mistake, message) => {
  expect(after(mistake)).toThrow(message);
});
