/** Mistakes that a program can make although it compiles: each is refused early, with the construct's path and a remedy. */
import { CloudfoundryProvider } from '@cdktf/provider-cloudfoundry/lib/provider';
import { TerraformStack, TerraformVariable } from 'cdktf';
import {
  Application,
  type ApplicationProps,
  AppSource,
  Destination,
  Egress,
  EgressProxy,
  EgressSpace,
  NetworkPolicy,
  Port,
  Route,
  Service,
  ServiceKind,
  TcpForward,
} from '../../constructs';
import { ProxyImage } from '../../constructs/proxy-image';
import { SEED } from '../support/passwords';
import { synthStack } from '../support/synth';

const source = AppSource.image('web:1');
const bucket = ServiceKind.managed('s3', 'basic');

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
const application = (props: Partial<ApplicationProps>) =>
  after(({ stack, inside: space }) => {
    new Application(stack, 'Web', { space, source, ...props });
  });
const variable = (stack: TerraformStack) => new TerraformVariable(stack, 'given', {}).stringValue;

describe('a space', () => {
  const made = (deployers: string[]) =>
    after(({ stack }) => new EgressSpace(stack, 'New', { orgName: 'agency', spaceName: 'new', deployers }));

  test('with a deployer that is empty is refused', () => {
    expect(made([''])).toThrow("test/New has the deployer '': give one that is not empty");
  });

  test('with a token among its deployers is refused by the name of its variable', () => {
    const late = after(({ stack }) => {
      const deployers = ['me@agency.gov', variable(stack)];
      new EgressSpace(stack, 'New', { orgName: 'agency', spaceName: 'new', deployers });
    });
    expect(late).toThrow('deployers of test/New is ${var.given}, a token');
  });

  test('that the stack creates is not looked up in the same stack, whichever comes first', () => {
    const at = { orgName: 'agency', spaceName: 'twice' };
    const message = "test/Known looks up the space 'twice' of agency, which test/New creates in the same stack";
    const lookup = (stack: TerraformStack) => EgressSpace.fromLookup(stack, 'Known', at);
    const create = (stack: TerraformStack) => new EgressSpace(stack, 'New', at);
    expect(after(({ stack }) => [create(stack), lookup(stack)])).toThrow(message);
    expect(after(({ stack }) => [lookup(stack), create(stack)])).toThrow(message);
  });
});

describe('an application', () => {
  test.each<[string, Partial<ApplicationProps>, string]>([
    ['memory', { memory: '256' }, "test/Web: memory of '256' is not a size"],
    ['instances', { instances: 1.5 }, 'test/Web: 1.5 instances are not possible'],
    ['start timeout', { startTimeout: 90 }, 'test/Web: start timeout of 90 s is as long as'],
    ['environment', { environment: { PORT: '1' } }, 'test/Web: environment variable PORT is set by the platform'],
  ])('with a wrong %s is named by its path', (_what, props, message) => {
    expect(application(props)).toThrow(message);
  });

  test('with a variable that the program did not find is refused, which left it out in silence', () => {
    expect(application({ environment: { API: process.env.NO_SUCH_VARIABLE as string } })).toThrow(
      'test/Web: environment variable API is undefined: give text, or leave it out',
    );
  });

  test("is not bound to another space's service, which the provider doesn't find", () => {
    const bind = after(({ stack, inside, outside }) => {
      const files = new Service(stack, 'Files', { space: outside, serviceName: 'files', kind: bucket });
      new Application(stack, 'Web', { space: inside, source, services: [files] });
    });
    expect(bind).toThrow(
      /^test\/Web can't be bound to test\/Files, which is in test\/\w+ and not in test\/\w+: create/,
    );
  });

  test.each(['https://example.gov', '*.example.gov', 'a.example.gov,b.example.gov', ''])(
    "doesn't connect to '%s' without the proxy, which no program would match",
    (host) => {
      const use = after(({ stack, inside: space, outside }) => {
        const proxy = new EgressProxy(stack, 'Proxy', { space: outside, source });
        new Application(stack, 'Web', { space, source }).useProxy(proxy, { noProxy: [host] });
      });
      expect(use).toThrow(`test/Web: '${host}' can't be in noProxy: write a host, .example.gov for a domain`);
    },
  );

  test('gets no variable from a forwarder and from a proxy, whichever comes first', () => {
    const both = (forwardFirst: boolean) =>
      after(({ stack, inside, outside: space }) => {
        const web = new Application(stack, 'Web', { space: inside, source });
        const destination = Destination.host('smtp.example.org', 587);
        const calls = [
          () => web.useProxy(new EgressProxy(stack, 'Proxy', { space, source })),
          () =>
            web.useForward(new TcpForward(stack, 'Mail', { space, source, destination }), {
              variables: { host: 'HTTPS_PROXY' },
            }),
        ];
        for (const call of forwardFirst ? calls.reverse() : calls) call();
      });
    expect(both(false)).toThrow('test/Web already has HTTPS_PROXY, which useForward would set');
    expect(both(true)).toThrow('test/Web sets HTTPS_PROXY itself, which useProxy sets: remove it from environment, or');
  });
});

describe('what the platform has once', () => {
  test('is not a route of two applications, also on the internal domain', () => {
    const routes = after(({ stack, inside: space }) => {
      const app = new Application(stack, 'Web', { space, source });
      for (const id of ['One', 'Two']) new Route(stack, id, { app, host: 'my-web', domain: 'example.gov' });
    });
    expect(routes).toThrow(
      'test/Two and test/One are both the route my-web.example.gov, which can be created only once',
    );
    const proxies = after(({ stack, outside }) => {
      for (const [id, space] of [
        ['One', outside] as const,
        ['Two', spaceOf(stack, 'Special', Egress.PUBLIC)] as const,
      ]) {
        new EgressProxy(stack, id, { space, source, name: 'egress-proxy' });
      }
    });
    expect(proxies).toThrow('test/Two/Route and test/One/Route are both the route egress-proxy.apps.internal');
  });

  test('is not a service that two constructs create in one space, but may be in two spaces', () => {
    const services = (spaces: (given: Given) => readonly EgressSpace[]) =>
      after((given) => {
        spaces(given).forEach((space, index) => {
          new Service(given.stack, `Files${index}`, { space, serviceName: 'files', kind: bucket });
        });
      });
    expect(services(({ inside }) => [inside, inside])).toThrow(
      "test/Files1 and test/Files0 are both the service 'files' in one space",
    );
    expect(services(({ inside, outside }) => [inside, outside])).not.toThrow();
  });

  test('is not a policy of two constructs, either of which would close it for both', () => {
    const policies = after(({ stack, inside, outside }) => {
      const destination = new EgressProxy(stack, 'Proxy', { space: outside, source });
      const web = new Application(stack, 'Web', { space: inside, source });
      web.useProxy(destination);
      new NetworkPolicy(stack, 'Again', { source: web, destination, port: Port.SQUID });
    });
    expect(policies).toThrow('test/Again and test/Web/To-Proxy-3128 open the same port');
  });
});

test('a policy between two foundations is refused, which names an application that the platform does not know', () => {
  const across = after(({ stack }) => {
    const space = (alias: string): EgressSpace => {
      const provider = new CloudfoundryProvider(stack, alias, { alias, apiUrl: `https://api.${alias}.example.gov` });
      const at = { orgName: 'agency', spaceName: alias, egress: Egress.PUBLIC, provider };
      return new EgressSpace(stack, `${alias}-space`, at);
    };
    const proxy = new EgressProxy(stack, 'Proxy', { space: space('east'), source });
    new Application(stack, 'Web', { space: space('west'), source }).useProxy(proxy);
  });
  expect(across).toThrow(
    'test/Web is on https://api.west.example.gov and test/Proxy on https://api.east.example.gov: a',
  );
});

describe('a proxy', () => {
  test.each([
    ['short', 'short'],
    ['of one letter', 'a'.repeat(40)],
    ['that is not set', ''],
  ])('with a seed %s is refused at synth, if synth knows it', (_what, seed) => {
    expect(after(({ stack, outside: space }) => new EgressProxy(stack, 'Proxy', { space, source, seed }))).toThrow(
      'the seed of test/Proxy has fewer than 32 characters, or fewer than 10 different ones',
    );
  });

  test.each([
    [{ client: 'My_Web' }, "test/Web: client 'My_Web' has the label 'My_Web': a label is lowercase letters"],
    [{ client: 'MyWeb' }, "test/Web: client 'MyWeb' has capitals: write 'myweb'"],
  ])('knows no client %p', (options, message) => {
    const use = after(({ stack, inside, outside }) => {
      const proxy = new EgressProxy(stack, 'Proxy', { space: outside, source, seed: SEED });
      new Application(stack, 'Web', { space: inside, source }).useProxy(proxy, options);
    });
    expect(use).toThrow(message);
  });

  test('takes no token as a version of credentials, which is part of a name', () => {
    const use = after(({ stack, inside, outside }) => {
      const proxy = new EgressProxy(stack, 'Proxy', { space: outside, source, seed: SEED });
      const credentials = { version: variable(stack) };
      new Application(stack, 'Web', { space: inside, source }).useProxy(proxy, { credentials });
    });
    expect(use).toThrow("a version of the credentials of client 'web' is ${var.given}, a token");
  });

  test('and a forwarder have an internal name that synth knows', () => {
    const destination = Destination.host('smtp.example.org', 587);
    const forward = (props: object) =>
      after(({ stack, outside: space }) => {
        const host = 'host' in props ? variable(stack) : undefined;
        new TcpForward(stack, 'Mail', { space, source, destination, ...props, host });
      });
    expect(forward({ host: true })).toThrow('host of test/Mail is ${var.given}, a token');
    expect(forward({ internalDomain: '.apps.internal' })).toThrow("'.apps.internal' has an empty label");
  });
});

test.each([
  ['api.example.gov:443', "'api.example.gov:443' has a port: write the host name only"],
  ['.example.gov', "'.example.gov' begins with a dot, as a domain does: use Destination.domain"],
])('the host %s is refused by what is wrong with it', (name, message) => {
  expect(() => Destination.host(name)).toThrow(message);
});

test.each([
  [
    { folder: 'no-such-folder' },
    /^test\/Image: \/.*\/no-such-folder is not a folder: give the one with the Dockerfile/,
  ],
  [{ platform: 'amd64' }, "test/Image: 'amd64' is not a platform: write OS/ARCHITECTURE, as in linux/amd64"],
])('an image of the proxy with %p is refused', (props, message) => {
  const image = after(({ stack }) => new ProxyImage(stack, 'Image', { repository: 'ghcr.io/team/proxy', ...props }));
  expect(image).toThrow(message);
});

test('a service from an offering without a name is refused', () => {
  const service = after(({ stack, inside: space }) => {
    new Service(stack, 'Files', { space, serviceName: 'files', kind: ServiceKind.managed('', 'basic') });
  });
  expect(service).toThrow("test/Files has the offering '': give one that is not empty");
});
