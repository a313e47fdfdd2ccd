import { allowlistOf } from '../../../review/model/allowlist-facts';
import type {
  Application,
  Binding,
  Facts,
  Origin,
  Policy,
  Route,
  SecurityGroup,
  Space,
} from '../../../review/model/facts';
import { Reach } from '../../../review/model/reach';
import { ports, Traffic, type Rule } from '../../../review/model/traffic';

const origin = (address: string): Origin => ({ stack: 'demo', address, path: `demo/${address}` });

export function space(name: string, more: Partial<Space> = {}): Space {
  return { id: `org/${name}`, name, owned: true, origin: origin(`space-${name}`), ...more };
}

export function group(name: string, rules: readonly Rule[], more: Partial<SecurityGroup> = {}): SecurityGroup {
  const known = rules.reduce((sum, rule) => sum.union(Traffic.rule(rule)), Traffic.NONE);
  return { name, reach: new Reach(known, []), global: { running: 'no', staging: 'no' }, owned: false, ...more };
}

export function bound(name: string, to: string, stage: Binding['stage'] = 'running'): Binding {
  return { group: name, space: `org/${to}`, stage, origin: origin(`binding-${name}-${to}`) };
}

export function application(
  id: string,
  environment: Readonly<Record<string, string>> = {},
  more: Partial<Application> = {},
): Application {
  const [home = '', name = ''] = id.split('/');
  const variables = new Map(Object.entries(environment));
  return {
    id: `org/${id}`,
    name,
    space: `org/${home}`,
    owned: true,
    lifecycle: 'docker',
    ssh: 'no',
    environment: variables,
    allowlist: allowlistOf(variables),
    origin: origin(name),
    ...more,
  };
}

export function policy(source: string, destination: string, port = '3128', more: Partial<Policy> = {}): Policy {
  return {
    source: `org/${source}`,
    destination: `org/${destination}`,
    protocol: 'tcp',
    ports: ports(port),
    origin: origin(`policy-${source}-${destination}`),
    ...more,
  };
}

export function route(url: string, to: string, internal: Route['internal']): Route {
  return { url, internal, applications: [`org/${to}`], origin: origin(`route-${url}`) };
}

export const PUBLIC = group('public', [
  { protocol: 'all', destination: '0.0.0.0-9.255.255.255' },
  { protocol: 'all', destination: '11.0.0.0-169.253.255.255,169.255.0.0-172.15.255.255' },
  { protocol: 'all', destination: '172.32.0.0-192.167.255.255,192.169.0.0-255.255.255.255' },
]);
export const LOCAL = group('local', [{ protocol: 'tcp', destination: '10.97.0.0/24', ports: '443' }]);

export const CLIENT = { HTTPS_PROXY: 'http://proxy.apps.internal:3128' };

/** The recipe: a client in a closed space, a proxy in a public one, and the policy between them. */
export function recipe(allow = 'www.example.com:443', change: Partial<Facts> = {}): Facts {
  return {
    spaces: [space('outside'), space('inside')],
    groups: [PUBLIC, LOCAL],
    bindings: [bound('public', 'outside'), bound('local', 'inside')],
    applications: [application('outside/proxy', { EGRESS_ALLOW: allow }), application('inside/web', CLIENT)],
    policies: [policy('inside/web', 'outside/proxy')],
    routes: [route('proxy.apps.internal', 'outside/proxy', 'yes')],
    ...change,
  };
}
