import { type TerraformStack, TerraformVariable } from 'cdktf';
import {
  Application,
  AppSource,
  Destination,
  Egress,
  EgressProxy,
  EgressSpace,
  InternalRoute,
  Route,
  S3,
  Service,
} from '../../../constructs';

/** The recipe in one function, with options for the changes in the documentation. */
export interface Demo {
  readonly allow?: readonly string[];
  /** Clients of the proxy in addition to `web`. */
  readonly clients?: readonly string[];
  readonly egress?: Egress;
  readonly publicProxy?: boolean;
  readonly proxy?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  readonly instances?: number;
  /** The id of the client's construct. */
  readonly id?: string;
  readonly name?: string;
}

export function demo(change: Demo = {}): (stack: TerraformStack) => void {
  const {
    allow = ['www.example.com:443'],
    clients = [],
    egress = Egress.TRUSTED_LOCAL,
    proxy: withProxy = true,
  } = change;
  return (stack) => {
    const orgName = 'egress-demo';
    const deployers = ['deployer'];
    const outside = new EgressSpace(stack, 'Public', {
      orgName,
      spaceName: 'way-out',
      egress: Egress.PUBLIC,
      deployers,
    });
    const inside = new EgressSpace(stack, 'Restricted', { orgName, spaceName: 'closed', egress, deployers });
    const proxy = withProxy
      ? new EgressProxy(stack, 'Proxy', {
          space: outside,
          source: AppSource.image('registry.example/egress-proxy:1'),
          allow: allow.map((text) => Destination.parse(text)),
        })
      : undefined;
    const application = (id: string, name: string): Application =>
      new Application(stack, id, {
        space: inside,
        name,
        source: AppSource.image('registry.example/web:1'),
        environment: change.environment,
        instances: change.instances ?? 1,
      });
    const web = application(change.id ?? 'Web', change.name ?? 'web');
    const others = clients.map((name) => application(name.charAt(0).toUpperCase() + name.slice(1), name));
    if (proxy !== undefined) for (const client of [web, ...others]) client.useProxy(proxy);
    new Route(stack, 'WebRoute', { app: web, host: 'web', domain: 'apps.localhost' });
    if (change.publicProxy === true && proxy !== undefined) {
      new Route(stack, 'ProxyRoute', { app: proxy, host: 'way-out', domain: 'apps.localhost' });
    }
    new InternalRoute(stack, 'WebInternal', { app: web, host: 'web', domain: 'apps.internal' });
  };
}

export const BEFORE = demo();

/** Five typical changes, each with its comment in docs/plan-review.md. */
export const CHANGES: readonly { readonly title: string; readonly file: string; readonly change: Demo }[] = [
  { title: 'a new host', file: 'new-host', change: { allow: ['www.example.com:443', 'api.example.gov:443'] } },
  { title: 'a new client', file: 'new-client', change: { clients: ['batch'] } },
  { title: 'another posture of a space', file: 'posture', change: { egress: Egress.PUBLIC } },
  { title: 'a public route on the proxy', file: 'public-route', change: { publicProxy: true } },
  { title: 'the proxy removed', file: 'no-proxy', change: { proxy: false } },
];

/** A proxy that requires credentials, and a client with its own bucket: all the secrets that constructs can have. */
export function credentials(stack: TerraformStack, withSeed: boolean): void {
  const [seed, key] = ['seed', 'key'].map(
    (name) => new TerraformVariable(stack, name, { sensitive: true }).stringValue,
  );
  const space = new EgressSpace(stack, 'Public', {
    orgName: 'egress-demo',
    spaceName: 'public',
    egress: Egress.PUBLIC,
    deployers: ['deployer'],
  });
  const proxy = new EgressProxy(stack, 'Proxy', {
    space,
    source: AppSource.image('registry.example/egress-proxy:1'),
    seed: withSeed ? seed : undefined,
    allow: [Destination.parse('www.example.com:443')],
  });
  const bucket = { bucket: 'b', region: 'us-gov-west-1', accessKeyId: 'id', secretAccessKey: key ?? '' };
  const web = new Application(stack, 'Web', {
    space,
    name: 'web',
    source: AppSource.image('registry.example/web:1'),
    services: withSeed
      ? [new Service(stack, 'S3', { space, serviceName: 'bucket', kind: S3.userProvided(bucket) })]
      : [],
  });
  web.useProxy(proxy, withSeed ? { allow: [Destination.parse('api.example.gov:443')] } : {});
}
