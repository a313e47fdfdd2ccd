/** The programs of `synth.ts` in bare cdktf: the same resources and arguments, with the classes of the bindings. */
import { App as CloudfoundryApp } from '@cdktf/provider-cloudfoundry/lib/app';
import { DataCloudfoundryDomain } from '@cdktf/provider-cloudfoundry/lib/data-cloudfoundry-domain';
import { DataCloudfoundryOrg } from '@cdktf/provider-cloudfoundry/lib/data-cloudfoundry-org';
import { DataCloudfoundrySecurityGroup } from '@cdktf/provider-cloudfoundry/lib/data-cloudfoundry-security-group';
import { NetworkPolicy } from '@cdktf/provider-cloudfoundry/lib/network-policy';
import { CloudfoundryProvider } from '@cdktf/provider-cloudfoundry/lib/provider';
import { Route } from '@cdktf/provider-cloudfoundry/lib/route';
import { SecurityGroupSpaceBindings } from '@cdktf/provider-cloudfoundry/lib/security-group-space-bindings';
import { ServiceInstance } from '@cdktf/provider-cloudfoundry/lib/service-instance';
import { Space } from '@cdktf/provider-cloudfoundry/lib/space';
import { SpaceRole } from '@cdktf/provider-cloudfoundry/lib/space-role';
import {
  type App,
  Fn,
  type ITerraformDependable,
  Op,
  TerraformLocal,
  TerraformStack,
  TerraformVariable,
  Token,
} from 'cdktf';
import { KeptValue } from '../constructs/proxy-clients';

const ADDRESS = 'proxy.apps.internal:3128';
const HASH = 'fJUsANfHmYr4j60OZOGQYKEZOWchlcV3rynFt+NaBt4=';
const APPLICATION = { diskQuota: '1G', enableSsh: false, strategy: 'rolling', timeout: 50, sourceCodeHash: HASH };

interface Parts {
  readonly stack: TerraformStack;
  readonly inside: { readonly space: Space; readonly ready: ITerraformDependable[] };
  readonly proxy: CloudfoundryApp;
  readonly route: Route;
  readonly domain: DataCloudfoundryDomain;
}

function space(stack: TerraformStack, org: DataCloudfoundryOrg, name: string, group: string): Parts['inside'] {
  const space = new Space(stack, name, { name, org: org.id, allowSsh: false });
  const roles = ['manager', 'developer'].map(
    (role) => new SpaceRole(stack, `${name}-${role}`, { type: `space_${role}`, username: 'ci', space: space.id }),
  );
  const securityGroup = new DataCloudfoundrySecurityGroup(stack, group, { name: group }).id;
  const bindings = { securityGroup, runningSpaces: [space.id], dependsOn: roles };
  return { space, ready: [...roles, new SecurityGroupSpaceBindings(stack, `${name}-egress`, bindings)] };
}

/** Two spaces, the proxy, and its route. */
function rawParts(app: App, name: string, environment: () => Record<string, string> = () => ({})): Parts {
  const stack = new TerraformStack(app, name);
  new CloudfoundryProvider(stack, 'cloudfoundry');
  const org = new DataCloudfoundryOrg(stack, 'org', { name: 'agency' });
  const outside = space(stack, org, 'outside', 'public_networks_egress');
  const inside = space(stack, org, 'inside', 'trusted_local_networks_egress');
  const proxy = new CloudfoundryApp(stack, 'proxy', {
    ...APPLICATION,
    name: 'proxy',
    orgName: 'agency',
    spaceName: outside.space.name,
    dockerImage: 'proxy@sha256:1',
    environment: environment(),
    healthCheckType: 'http',
    healthCheckHttpEndpoint: '/squid-internal-static/icons/health',
    healthCheckInterval: 3,
    healthCheckInvocationTimeout: 5,
    instances: 2,
    memory: '128M',
    dependsOn: outside.ready,
  });
  const domain = new DataCloudfoundryDomain(stack, 'domain', { name: 'apps.internal' });
  const route = new Route(stack, 'route', {
    domain: domain.id,
    space: outside.space.id,
    host: 'proxy',
    destinations: [{ appId: proxy.id }],
    dependsOn: outside.ready,
    lifecycle: { precondition: [{ condition: domain.internal, errorMessage: 'the domain is public' }] },
  });
  return { stack, inside, proxy, route, domain };
}

/** An application with the proxy's address, and the network policy that lets it connect. */
function rawClient({ stack, inside, proxy, route }: Parts, name: string, uri: string, service?: ServiceInstance) {
  const noProxy = 'localhost,127.0.0.1,::1,.apps.internal';
  const client = new CloudfoundryApp(stack, name, {
    ...APPLICATION,
    name: name.toLowerCase(),
    orgName: 'agency',
    spaceName: inside.space.name,
    dockerImage: 'web:1',
    environment: {
      ...Object.fromEntries(
        ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'].map((variable) => [variable, uri]),
      ),
      NO_PROXY: noProxy,
      no_proxy: noProxy,
      ...(service && { SERVICE_CREDENTIALS_SHA256: Fn.sha256(service.credentials) }),
    },
    healthCheckType: 'port',
    instances: 1,
    memory: '256M',
    ...(service && { serviceBindings: [{ serviceInstance: service.name }] }),
    dependsOn: [...inside.ready, route],
  });
  const policy = { sourceApp: client.id, destinationApp: proxy.id, port: '3128', protocol: 'tcp' };
  new NetworkPolicy(stack, `${name}-to-proxy`, { policies: [policy] });
  return client;
}

export function seedOf(stack: TerraformStack): string {
  return new TerraformVariable(stack, 'seed', { sensitive: true }).stringValue;
}

export function rawStacks(app: App, count: number): void {
  for (let index = 0; index < count; index++) rawClient(rawParts(app, `stack-${index}`), 'Web', `http://${ADDRESS}`);
}

/** Each with its own destination and route. */
export function rawApplications(app: App, count: number): void {
  const indexes = Array.from({ length: count }, (_, index) => index);
  const parts = rawParts(app, 'bench', () => ({
    EGRESS_ALLOW: indexes.map((index) => `host-${index}.example.gov:443`).join('\n'),
  }));
  const domain = new DataCloudfoundryDomain(parts.stack, 'public', { name: 'app.cloud.gov' });
  for (const index of indexes) {
    const client = rawClient(parts, `App${index}`, `http://${ADDRESS}`);
    new Route(parts.stack, `Route${index}`, {
      domain: domain.id,
      space: parts.inside.space.id,
      host: `app-${index}`,
      destinations: [{ appId: client.id }],
      dependsOn: parts.inside.ready,
    });
  }
}

/** Each with its own password, in a service and in the proxy's address. */
export function rawSeededClients(app: App, count: number): void {
  const stacks: { readonly name: string; readonly password: string; readonly hash: string }[] = [];
  const parts = rawParts(app, 'seeded', () => ({}));
  const seed = seedOf(parts.stack);
  const key = new TerraformLocal(parts.stack, 'key', Fn.sha256(Fn.jsonencode([seed, 'agency'])));
  for (let index = 0; index < count; index++) {
    const name = `App${index}`;
    const derived = Fn.sha256(Fn.join('', [key.asString, name]));
    const password = new TerraformLocal(parts.stack, `${name}-password`, derived).asString;
    const kept = new KeptValue(parts.stack, `${name}-hash`, {
      input: { hash: Fn.bcrypt(password, 5) },
      triggersReplace: { password: Fn.substr(Fn.sha256(password), 0, 16) },
      lifecycle: {
        ignoreChanges: ['input'],
        precondition: [{ condition: Token.asString(Op.gt(Fn.lengthOf(seed), 31)), errorMessage: 'short' }],
      },
    });
    stacks.push({ name, password, hash: String(kept.output.lookup('hash')) });
    const whole = Fn.join('', [`http://${name}:`, password, `@${ADDRESS}`]);
    const uri = new TerraformLocal(parts.stack, `${name}-uri`, whole).asString;
    const [host, port] = ADDRESS.split(':');
    const keys = { uri, host, port, username: name, password, domain: host, http_uri: uri, https_uri: uri };
    const service = new ServiceInstance(parts.stack, `${name}-credentials`, {
      type: 'user-provided',
      name: `${name}-egress-credentials`,
      space: parts.inside.space.id,
      credentials: Fn.jsonencode(keys),
      dependsOn: parts.inside.ready,
    });
    rawClient(parts, name, uri, service);
  }
  parts.proxy.environment = { EGRESS_CREDENTIALS: stacks.map(({ name, hash }) => `${name} ${hash}`).join('\n') };
}
