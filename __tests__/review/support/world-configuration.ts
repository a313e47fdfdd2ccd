import { join } from 'node:path';
import { REPOSITORY } from '../../../tools/platform';
import { appName, GROUPS, groupName, RULES, SIDECAR_PORT, spaceName, type App, type Group, type World } from './world';

/** Answers every request on the proxy's ports, in the same image, but never like a proxy that allows it. */
const LISTEN =
  `exec perl -MIO::Socket::INET -e '$p = fork ? 3128 : 8080;` +
  ` $s = IO::Socket::INET->new(LocalPort => $p, Listen => 64, ReuseAddr => 1) or die;` +
  ` while ($c = $s->accept) { sysread $c, $b, 4096;` +
  ` print $c "HTTP/1.1 404 Not Found\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\nok"; close $c }'`;

/** Connects to any requested target, and forwards everything. */
const forwardOn = (port: string | number): string =>
  `exec perl -MIO::Socket::INET -e '$SIG{CHLD} = "IGNORE"; $p = ${port};` +
  ` $s = IO::Socket::INET->new(LocalPort => $p, Listen => 64, ReuseAddr => 1) or die;` +
  ` while ($c = $s->accept) { next if fork; sysread $c, $b, 4096;` +
  ` ($h, $q) = $b =~ /^CONNECT ([^:]+):([0-9]+)/;` +
  ` $o = $h && IO::Socket::INET->new(PeerAddr => $h, PeerPort => $q, Timeout => 20);` +
  ` print $c $o ? "HTTP/1.1 200 OK\\r\\n\\r\\n" : "HTTP/1.1 403 Forbidden\\r\\nContent-Length: 0\\r\\n\\r\\n"; exit if !$o;` +
  ` ($c, $o) = ($o, $c) if fork; while (sysread $c, $b, 4096) { syswrite $o, $b } shutdown $o, 1; exit }'`;

const FORWARD = forwardOn('fork ? 3128 : 8080');

/**
 * Another program instead of the proxy, based on the proxy's image, which has what a prober needs for TLS, and the port
 * to which the platform forwards TLS.
 */
export const foreignImage = (registry: string): string => `FROM ${registry}/truth:1
ENTRYPOINT ["bash", "-c", ${JSON.stringify(FORWARD)}]
`;

const CLOUD_FOUNDRY = { cloudfoundry: { source: 'cloudfoundry/cloudfoundry' } };

type Resources = Record<string, Record<string, object>>;

/**
 * All worlds as one configuration, each in separate spaces.
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
    if (each.group !== undefined) {
      const rules = each.group.opens.map((name) => RULES[name]);
      const flags = { globally_enabled_running: false, globally_enabled_staging: false };
      add('cloudfoundry_security_group', groupName(stack), { name: groupName(stack), ...flags, rules });
    }
    each.edges.forEach(({ from, to, port }) => {
      const [source, destination] = [appName(stack, from), appName(stack, to)];
      add('cloudfoundry_network_policy', `${source}-${destination}-${port}`, {
        policies: [{ source_app: idOf(source), destination_app: idOf(destination), protocol: 'tcp', port }],
      });
    });
  });
  return {
    terraform: {
      required_providers: { ...CLOUD_FOUNDRY, docker: { source: 'kreuzwerker/docker', version: '>= 3.6.2' } },
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

/** Another team's stack, which binds the groups of these worlds by name. */
export function othersConfiguration(worlds: readonly World[]): object {
  const resource: Resources = {};
  const data: Resources = { cloudfoundry_org: { org: { name: 'egress-demo' } } };
  const add = (all: Resources, type: string, id: string, values: object): void => {
    all[type] = { ...all[type], [id]: values };
  };
  worlds.forEach(({ group }, stack) => {
    if (group === undefined) return;
    const name = groupName(stack);
    const spaces = group.spaces.map((index) => spaceName(stack, index));
    add(data, 'cloudfoundry_security_group', name, { name });
    for (const space of spaces) {
      add(data, 'cloudfoundry_space', space, { name: space, org: '${data.cloudfoundry_org.org.id}' });
    }
    add(resource, 'cloudfoundry_security_group_space_bindings', name, {
      security_group: `\${data.cloudfoundry_security_group.${name}.id}`,
      running_spaces: spaces.map((space) => `\${data.cloudfoundry_space.${space}.id}`),
    });
  });
  const own = Object.keys(resource).length > 0 ? { data, resource } : {};
  return { terraform: { required_providers: CLOUD_FOUNDRY }, provider: { cloudfoundry: {} }, ...own };
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

function addApp(add: Add, name: string, home: string, { allow: lines, forwards, asks, routes, drain }: App): void {
  const foreign = lines === undefined ? undefined : forwards;
  // Set even if it is empty, because the platform keeps a variable that is only left out.
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
    ...(drain !== undefined && {
      service_bindings: [{ service_instance: `\${cloudfoundry_service_instance.${name}-drain.name}` }],
    }),
  });
  if (drain !== undefined) addDrain(add, name, home, drain);
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

function addDrain(add: Add, name: string, home: string, host: string): void {
  add('cloudfoundry_service_instance', `${name}-drain`, {
    name: `${name}-drain`,
    type: 'user-provided',
    space: `\${cloudfoundry_space.${home}.id}`,
    syslog_drain_url: `syslog-tls://${host}:6514`,
    depends_on: [`cloudfoundry_space_role.${home}-manager`, `cloudfoundry_space_role.${home}-developer`],
  });
}
