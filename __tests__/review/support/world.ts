import { join } from 'node:path';
import fc from 'fast-check';
import { REPOSITORY } from '../../../tools/platform';

/** A stack of the truth test, small enough that all of its pairs are tried. */
export interface World {
  readonly spaces: readonly (readonly Group[])[];
  readonly apps: readonly App[];
  readonly edges: readonly Edge[];
}

export interface App {
  readonly space: number;
  /** Only a proxy has a list. */
  readonly allow?: readonly string[];
  /** How another program came in the place of the proxy, which lets through whatever its space does. */
  readonly forwards?: (typeof PLACES)[number];
  /** Whether the proxy asks for credentials, which nobody has here. */
  readonly asks?: boolean;
  /** Paths under which the internet reaches it, by its name in the public domain. */
  readonly routes: readonly string[];
}

export interface Edge {
  readonly from: number;
  readonly to: number;
  readonly port: string;
}

/** Where an application says what it runs. The sidecar listens on a port of its own, beside the proxy. */
const PLACES = ['command', 'image', 'sidecar'] as const;
const SIDECAR_PORT = 3129;

const GROUPS = ['public_networks_egress', 'trusted_local_networks_egress'] as const;
type Group = (typeof GROUPS)[number];

const ENDPOINT = 'egress-demo.bucket.vpce-0e9re55.s3.us-gov-west-1.vpce.amazonaws.com';
const BROKERED = 'some-bucket.s3-fips.us-gov-west-1.amazonaws.com';

/** Where every application tries to get, by itself and through every proxy. */
export const TARGETS: readonly (readonly [host: string, port: number])[] = [
  ['www.example.com', 443],
  ['www.example.com', 8443],
  ['www.example.org', 80],
  ['www.example.net', 443],
  ['private.example.org', 443],
  ['metadata.example.org', 80],
  [ENDPOINT, 443],
  [BROKERED, 443],
];

/**
 * Without the check of the TLS name: with it a tunnel is granted before the proxy connects, and only what is said inside
 * would tell whether it leads anywhere.
 */
const LINES = [
  'www.example.com:443/tcp',
  'www.example.com:443,8443/tcp',
  '.example.org:80,443/tcp',
  '.example.org!www.example.org:80,443/tcp',
  '.example.net!.private.example.net:443/tcp',
  'www.example.net:443/tcp',
  'www.example.net:80/tcp until 2199-12-31',
  '.example.org:8443/tcp until 2020-01-01',
  'private.example.org:443/tcp@10.99.0.0/24',
  'metadata.example.org:80/tcp',
  `${ENDPOINT}:443/tcp@10.98.0.0/24`,
  `${ENDPOINT}:443/tcp`,
  `${BROKERED}:443/tcp@10.97.0.0/24`,
];

/** In force, in force for long, and over. */
const AUDITS = ['audit', 'audit until 2199-12-31', 'audit until 2020-01-01'];

/** On 3129 only a sidecar listens; 61443 is the platform's, with TLS before 8080. */
const PORTS = ['3128', '3000-3200', '3129', '8080', '61443'];
/** What is asked for at each application's public name: nothing but a path may be routed. */
export const PATHS = ['', '/deep'] as const;

const space = fc.subarray([...GROUPS]);
const allow = fc
  .tuple(fc.subarray(LINES, { maxLength: 5 }), fc.option(fc.constantFrom(...AUDITS), { freq: 2 }))
  .map(([lines, audit]) => (audit === null ? lines : [...lines, audit]));
const app = (spaces: number): fc.Arbitrary<App> =>
  fc.record({
    space: fc.nat({ max: spaces - 1 }),
    routes: fc.subarray([...PATHS]),
    allow: fc.option(allow, { nil: undefined }),
    forwards: fc.option(fc.constantFrom(...PLACES), { nil: undefined, freq: 8 }),
    asks: fc.option(fc.constant(true), { nil: undefined, freq: 4 }),
  });
const edge = (apps: number): fc.Arbitrary<Edge> =>
  fc.record({ from: fc.nat({ max: apps - 1 }), to: fc.nat({ max: apps - 1 }), port: fc.constantFrom(...PORTS) });

const world: fc.Arbitrary<World> = fc
  .array(space, { minLength: 1, maxLength: 3 })
  .chain((spaces) =>
    fc
      .array(app(spaces.length), { minLength: 2, maxLength: 3 })
      .chain((apps) => fc.record({ spaces: fc.constant(spaces), apps: fc.constant(apps), edges: edges(apps.length) })),
  );

function edges(apps: number): fc.Arbitrary<Edge[]> {
  return fc.uniqueArray(edge(apps), {
    maxLength: 4,
    selector: ({ from, to, port }) => `${from} ${to} ${port}`,
  });
}

/** A world, and what a pull request makes of it: one thing that is another one. */
export const change: fc.Arbitrary<readonly [before: World, after: World]> = world.chain((before) => {
  const at = <T>(all: readonly T[], index: number, one: T): T[] =>
    all.map((old, place) => (place === index ? one : old));
  const place = (all: readonly unknown[]): fc.Arbitrary<number> => fc.nat({ max: all.length - 1 });
  const posture = fc
    .tuple(place(before.spaces), space)
    .map(([index, groups]) => ({ ...before, spaces: at(before.spaces, index, groups) }));
  const list = fc.tuple(place(before.apps), allow).map(([index, lines]) => {
    const old = before.apps[index];
    const changed = old?.allow === undefined ? old : { ...old, allow: lines };
    return { ...before, apps: changed === undefined ? before.apps : at(before.apps, index, changed) };
  });
  const route = fc.tuple(place(before.apps), fc.subarray([...PATHS])).map(([index, routes]) => {
    const old = before.apps[index];
    return { ...before, apps: old === undefined ? before.apps : at(before.apps, index, { ...old, routes }) };
  });
  const program = fc.tuple(place(before.apps), fc.constantFrom(...PLACES, undefined)).map(([index, forwards]) => {
    const old = before.apps[index];
    return { ...before, apps: old === undefined ? before.apps : at(before.apps, index, { ...old, forwards }) };
  });
  const credentials = place(before.apps).map((index) => {
    const old = before.apps[index];
    const asks = old?.asks === true ? undefined : true;
    return { ...before, apps: old === undefined ? before.apps : at(before.apps, index, { ...old, asks }) };
  });
  const policies = edges(before.apps.length).map((some) => ({ ...before, edges: some }));
  const another = app(before.spaces.length).map((more) => ({ ...before, apps: [...before.apps, more] }));
  const fewer = fc.constant({
    ...before,
    apps: before.apps.slice(0, -1),
    edges: before.edges.filter(({ from, to }) => Math.max(from, to) < before.apps.length - 1),
  });
  return fc
    .oneof(posture, list, route, program, credentials, policies, another, fewer)
    .map((after) => [before, after] as const);
});

/** A client and a proxy that lists one host. */
const pairOf = (more: Partial<App>, port = '3128'): World => ({
  spaces: [[], ['public_networks_egress']],
  apps: [
    { space: 0, routes: [] },
    { space: 1, routes: [], allow: ['www.example.com:443/tcp'], ...more },
  ],
  edges: [{ from: 0, to: 1, port }],
});

/** What an adversary does: the list of a proxy stays as it was, and what stands behind the list does not. */
export const ADVERSARY: readonly (readonly [before: World, after: World])[] = [
  ...PLACES.map((forwards) => {
    const port = forwards === 'sidecar' ? String(SIDECAR_PORT) : '3128';
    return [pairOf({}, port), pairOf({ forwards }, port)] as const;
  }),
  [pairOf({ asks: true }), pairOf({})],
];

export const spaceName = (stack: number, index: number): string => `truth-${stack}-s${index}`;
export const appName = (stack: number, index: number): string => `truth-${stack}-a${index}`;

/** Answers every request on the ports that the proxy has too, in the same image; never as a proxy that lets one through. */
const LISTEN =
  `exec perl -MIO::Socket::INET -e '$p = fork ? 3128 : 8080;` +
  ` $s = IO::Socket::INET->new(LocalPort => $p, Listen => 64, ReuseAddr => 1) or die;` +
  ` while ($c = $s->accept) { sysread $c, $b, 4096;` +
  ` print $c "HTTP/1.1 404 Not Found\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\nok"; close $c }'`;

/** Connects to whatever it is asked for. */
const forwardOn = (port: string | number): string =>
  `exec perl -MIO::Socket::INET -e '$SIG{CHLD} = "IGNORE"; $p = ${port};` +
  ` $s = IO::Socket::INET->new(LocalPort => $p, Listen => 64, ReuseAddr => 1) or die;` +
  ` while ($c = $s->accept) { next if fork; sysread $c, $b, 4096;` +
  ` ($h, $q) = $b =~ /^CONNECT ([^:]+):([0-9]+)/;` +
  ` $o = $h && IO::Socket::INET->new(PeerAddr => $h, PeerPort => $q, Timeout => 20);` +
  ` print $c $o ? "HTTP/1.1 200 OK\\r\\n\\r\\n" : "HTTP/1.1 403 Forbidden\\r\\nContent-Length: 0\\r\\n\\r\\n"; exit }'`;

const FORWARD = forwardOn('fork ? 3128 : 8080');

/**
 * Another program by itself, in the proxy's image: that has what a prober needs to speak TLS, and the port that TLS from the
 * platform leads to.
 */
export const foreignImage = (registry: string): string => `FROM ${registry}/truth:1
ENTRYPOINT ["bash", "-c", ${JSON.stringify(FORWARD)}]
`;

type Resources = Record<string, Record<string, object>>;

/**
 * All worlds as one configuration, each in spaces of its own.
 *
 * @param folder with {@link foreignImage} as its Dockerfile
 */
export function configuration(worlds: readonly World[], registry: string, folder = '.'): object {
  const image = (repository: string, context: string) => ({
    name: `${registry}/${repository}:1`,
    build: { context },
    keep_locally: true,
  });
  const resource: Resources = {
    docker_image: {
      proxy: image('truth', join(REPOSITORY, 'squid')),
      foreign: { ...image('foreign', folder), depends_on: ['docker_image.proxy'] },
    },
    docker_registry_image: Object.fromEntries(
      ['proxy', 'foreign'].map((name) => [name, { name: `\${docker_image.${name}.name}`, keep_remotely: true }]),
    ),
  };
  const add = (type: string, id: string, values: object): void => {
    resource[type] = { ...resource[type], [id]: values };
  };
  worlds.forEach((each, stack) => {
    each.spaces.forEach((groups, index) => {
      addSpace(add, spaceName(stack, index), groups);
    });
    each.apps.forEach((one, index) => {
      addApp(add, appName(stack, index), spaceName(stack, one.space), one);
    });
    each.edges.forEach(({ from, to, port }) => {
      const [source, destination] = [appName(stack, from), appName(stack, to)];
      add('cloudfoundry_network_policy', `${source}-${destination}-${port}`, {
        policies: [{ source_app: idOf(source), destination_app: idOf(destination), protocol: 'tcp', port }],
      });
    });
  });
  return {
    terraform: {
      required_providers: {
        cloudfoundry: { source: 'cloudfoundry/cloudfoundry' },
        docker: { source: 'kreuzwerker/docker', version: '>= 3.6.2' },
      },
    },
    provider: {
      cloudfoundry: {},
      docker: { registry_auth: [{ address: `http://${registry.split('/')[0] ?? ''}`, auth_disabled: true }] },
    },
    data: {
      cloudfoundry_org: { org: { name: 'egress-demo' } },
      cloudfoundry_domain: { internal: { name: 'apps.internal' }, apps: { name: 'apps.localhost' } },
      cloudfoundry_security_group: Object.fromEntries(GROUPS.map((name) => [name, { name }])),
    },
    resource,
  };
}

const idOf = (name: string): string => `\${cloudfoundry_app.${name}.id}`;

type Add = (type: string, id: string, values: object) => void;

function addSpace(add: Add, name: string, groups: readonly Group[]): void {
  const id = `\${cloudfoundry_space.${name}.id}`;
  add('cloudfoundry_space', name, { name, org: '${data.cloudfoundry_org.org.id}', allow_ssh: false });
  for (const role of ['manager', 'developer']) {
    add('cloudfoundry_space_role', `${name}-${role}`, { type: `space_${role}`, username: 'deployer', space: id });
  }
  for (const group of groups) {
    add('cloudfoundry_security_group_space_bindings', `${name}-${group}`, {
      security_group: `\${data.cloudfoundry_security_group.${group}.id}`,
      running_spaces: [id],
      depends_on: [`cloudfoundry_space_role.${name}-manager`, `cloudfoundry_space_role.${name}-developer`],
    });
  }
}

function addApp(add: Add, name: string, home: string, { allow: lines, forwards, asks, routes }: App): void {
  const foreign = lines === undefined ? undefined : forwards;
  // Said also where it is empty: one that is only left out stays with the platform.
  const credentials = { EGRESS_CREDENTIALS: asks === true ? '# nobody' : '' };
  add('cloudfoundry_app', name, {
    name,
    org_name: 'egress-demo',
    space_name: `\${cloudfoundry_space.${home}.name}`,
    docker_image: `\${docker_registry_image.${foreign === 'image' ? 'foreign' : 'proxy'}.name}`,
    ...(lines === undefined
      ? { command: LISTEN }
      : { environment: { EGRESS_ALLOW: lines.join('\n'), ...credentials } }),
    ...(foreign === 'command' && { command: FORWARD }),
    ...(foreign === 'sidecar' && {
      sidecars: [{ name: 'forward', command: forwardOn(SIDECAR_PORT), process_types: ['web'], memory: '64M' }],
    }),
    instances: 1,
    memory: '256M',
    disk_quota: '256M',
    enable_ssh: false,
    health_check_type: 'port',
    depends_on: [`cloudfoundry_space_role.${home}-manager`, `cloudfoundry_space_role.${home}-developer`],
  });
  const route = (id: string, domain: string, path?: string): void => {
    add('cloudfoundry_route', `${name}-${id}`, {
      domain: `\${data.cloudfoundry_domain.${domain}.id}`,
      space: `\${cloudfoundry_space.${home}.id}`,
      host: name,
      ...(path !== undefined && { path }),
      destinations: [{ app_id: idOf(name), ...(domain === 'apps' && { port: 3128 }) }],
    });
  };
  route('internal', 'internal');
  for (const path of routes) route(`public${path.replace('/', '-')}`, 'apps', path === '' ? undefined : path);
}
