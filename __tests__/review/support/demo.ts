import type { TerraformStack } from 'cdktf';
import {
  Application,
  AppSource,
  Destination,
  Egress,
  EgressProxy,
  EgressSpace,
  InternalRoute,
  Route,
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
