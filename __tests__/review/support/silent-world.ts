import fc from 'fast-check';
import schema from '../../../provider/schema.json';

type Type = string | readonly [kind: string, of: unknown];

export interface Attribute {
  readonly type?: Type;
  readonly nested_type?: { readonly attributes: Readonly<Record<string, Attribute>>; readonly nesting_mode: string };
  readonly computed?: boolean;
}

interface Block {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly block_types?: Readonly<Record<string, { readonly nesting_mode: string; readonly block: Block }>>;
}

const [provider] = Object.values(
  schema.provider_schemas as unknown as Record<
    string,
    { resource_schemas: Readonly<Record<string, { block: Block }>> }
  >,
);

/** The attributes of each resource type of the provider; blocks are attributes that contain others. */
export const RESOURCE_TYPES: Readonly<Record<string, Readonly<Record<string, Attribute>>>> = Object.fromEntries(
  Object.entries(provider?.resource_schemas ?? {}).map(([type, { block }]) => [type, attributesOf(block)]),
);

function attributesOf({ attributes = {}, block_types: blocks = {} }: Block): Record<string, Attribute> {
  const nested = Object.entries(blocks).map(([name, { nesting_mode, block }]): [string, Attribute] => [
    name,
    { nested_type: { attributes: attributesOf(block), nesting_mode } },
  ]);
  return { ...attributes, ...Object.fromEntries(nested) };
}

/** `processes`, `processes.memory`, ...: each attribute, and each nested one. */
export function pathsOf(attributes: Readonly<Record<string, Attribute>>, prefix = ''): string[] {
  return Object.entries(attributes).flatMap(([name, { nested_type: nested }]) => [
    `${prefix}${name}`,
    ...(nested === undefined ? [] : pathsOf(nested.attributes, `${prefix}${name}.`)),
  ]);
}

export type Values = Readonly<Record<string, unknown>>;

/** The ids in the world, and one that nothing has. */
export const IDS = {
  org: '00000000-0000-4000-8000-000000000001',
  restricted: '00000000-0000-4000-8000-000000000002',
  open: '00000000-0000-4000-8000-000000000003',
  web: '00000000-0000-4000-8000-000000000004',
  proxy: '00000000-0000-4000-8000-000000000005',
  droplet: '00000000-0000-4000-8000-000000000006',
  batch: '00000000-0000-4000-8000-00000000000a',
  group: '00000000-0000-4000-8000-000000000007',
  domain: '00000000-0000-4000-8000-000000000008',
  other: '00000000-0000-4000-8000-000000000009',
} as const;

const PROXY = {
  org_name: 'org',
  space_name: 'open',
  environment: { EGRESS_ALLOW: 'api.example.gov:443' },
  enable_ssh: false,
};
const SIDECAR = { name: 'agent', command: './agent', process_types: ['web'], memory: '64M' };
const PROCESS = { type: 'web', command: './run', memory: '64M', instances: 1 };

/** A client with two proxies, one from an image and one from a buildpack, and one resource of every other type. */
export const SILENT_WORLD: Readonly<Record<string, Values>> = {
  'cloudfoundry_org.org': { id: IDS.org, name: 'org', suspended: false },
  'cloudfoundry_space.restricted': { id: IDS.restricted, name: 'restricted', org: IDS.org, allow_ssh: false },
  'cloudfoundry_space.open': { id: IDS.open, name: 'open', org: IDS.org, allow_ssh: true },
  'cloudfoundry_app.web': {
    id: IDS.web,
    name: 'web',
    org_name: 'org',
    space_name: 'restricted',
    docker_image: 'registry.example/web:1',
    enable_ssh: false,
  },
  'cloudfoundry_app.proxy': {
    ...PROXY,
    id: IDS.proxy,
    name: 'proxy',
    docker_image: 'registry.example/proxy:1',
    command: './entrypoint',
    sidecars: [SIDECAR],
    processes: [PROCESS],
    routes: [{ route: 'proxy.apps.internal', protocol: 'http1' }],
    service_bindings: [{ service_instance: 'credentials', params: '{}' }],
  },
  'cloudfoundry_app.droplet': {
    ...PROXY,
    id: IDS.droplet,
    name: 'droplet',
    buildpacks: ['apt_buildpack', 'binary_buildpack'],
    path: 'squid.zip',
    source_code_hash: 'hash',
    stack: 'cflinuxfs4',
  },
  'cloudfoundry_app.batch': {
    id: IDS.batch,
    name: 'batch',
    org_name: 'org',
    space_name: 'restricted',
    buildpacks: ['python_buildpack'],
    enable_ssh: true,
    service_bindings: [{ service_instance: 'database', params: null }],
  },
  'cloudfoundry_network_policy.to_proxy': {
    policies: [{ source_app: IDS.web, destination_app: IDS.proxy, port: '3128', protocol: 'tcp' }],
  },
  'cloudfoundry_network_policy.to_droplet': {
    policies: [{ source_app: IDS.web, destination_app: IDS.droplet, port: '3128', protocol: 'tcp' }],
  },
  'cloudfoundry_security_group.public': {
    id: IDS.group,
    name: 'public',
    rules: [
      { protocol: 'tcp', destination: '0.0.0.0/0', ports: '1-65535' },
      { protocol: 'icmp', destination: '0.0.0.0/0', type: 8, code: 0 },
    ],
    globally_enabled_running: false,
    globally_enabled_staging: false,
  },
  'cloudfoundry_security_group.icmp': {
    id: 'icmp',
    name: 'icmp',
    rules: [{ protocol: 'icmp', destination: '10.0.0.0/8', type: 8, code: 0, log: false, description: 'ping' }],
    running_spaces: [IDS.restricted],
    staging_spaces: [IDS.restricted],
    globally_enabled_running: false,
    globally_enabled_staging: false,
  },
  'cloudfoundry_security_group_space_bindings.public': {
    security_group: IDS.group,
    running_spaces: [IDS.open],
    staging_spaces: [IDS.open],
  },
  'cloudfoundry_domain.domain': { id: IDS.domain, name: 'example.gov', internal: false },
  'cloudfoundry_route.route': {
    id: 'route',
    domain: IDS.domain,
    space: IDS.restricted,
    host: 'www',
    url: 'www.example.gov',
    destinations: [{ app_id: IDS.web, app_process_type: 'web', port: 8080, protocol: 'http1' }],
  },
  ...Object.fromEntries(
    [
      ...['buildpack', 'isolation_segment', 'isolation_segment_entitlement', 'mta', 'org_quota', 'org_role'],
      ...['service_broker', 'service_credential_binding', 'service_instance', 'service_instance_sharing'],
      ...['service_plan_visibility', 'service_route_binding', 'space_quota', 'space_role', 'user', 'user_cf'],
      ...['user_groups'],
    ].map((type) => [`cloudfoundry_${type}.one`, { id: type }]),
  ),
};

const ids = fc.constantFrom(...Object.values(IDS));
const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/);

/** Valid values for attributes that don't accept any text. */
export const VALUES: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  app_id: ids,
  source_app: ids,
  destination_app: ids,
  destination: fc.constantFrom('10.0.0.0/8', '192.168.0.1', '10.0.0.1-10.0.0.9', '0.0.0.0/0'),
  ports: fc.constantFrom('443', '80,443', '8000-8999'),
  port: fc.integer({ min: 1, max: 65535 }).map(String),
  environment: fc.record({ EGRESS_ALLOW: name.map((host) => `${host}.example.org:443`) }),
  domain: fc.constantFrom(IDS.domain, IDS.other),
  'policies.protocol': fc.oneof(fc.constantFrom('tcp', 'udp', 'icmp', 'all'), fc.string()),
  'policy.protocol': fc.oneof(fc.constantFrom('tcp', 'udp', 'icmp', 'all'), fc.string()),
  'rule.protocol': fc.constantFrom('tcp', 'udp', 'icmp', 'all'),
  'rules.protocol': fc.constantFrom('tcp', 'udp', 'icmp', 'all'),
  // Leaving it out means false.
  random_route: fc.constant(true),
  org: ids,
  space: ids,
  security_group: ids,
};
