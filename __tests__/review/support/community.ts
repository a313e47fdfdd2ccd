import { type Attribute, IDS, type Values } from './silent-world';

const STRING: Attribute = { type: 'string' };
const NUMBER: Attribute = { type: 'number' };
const BOOL: Attribute = { type: 'bool' };
const MAP: Attribute = { type: ['map', 'string'] };
const SET: Attribute = { type: ['set', 'string'] };

const all = (attribute: Attribute, ...names: readonly string[]): Readonly<Record<string, Attribute>> =>
  Object.fromEntries(names.map((name) => [name, attribute]));
const blocks = (attributes: Readonly<Record<string, Attribute>>): Attribute => ({
  nested_type: { attributes, nesting_mode: 'set' },
});

/**
 * The arguments and attributes of the older provider's types, from its documentation. The provider no longer changes,
 * so the test doesn't download it.
 *
 * @see https://github.com/cloudfoundry-community/terraform-provider-cloudfoundry/tree/main/docs/resources
 */
export const COMMUNITY_SCHEMA: Readonly<Record<string, Readonly<Record<string, Attribute>>>> = {
  cloudfoundry_app: {
    ...all(STRING, 'name', 'space', 'stack', 'buildpack', 'command', 'path', 'source_code_hash', 'docker_image'),
    ...all(STRING, 'strategy', 'health_check_http_endpoint', 'health_check_type', 'id_bg'),
    ...all(NUMBER, 'instances', 'memory', 'disk_quota', 'timeout', 'health_check_timeout'),
    ...all(NUMBER, 'health_check_invocation_timeout'),
    ...all(BOOL, 'enable_ssh', 'stopped'),
    ...all(MAP, 'environment', 'labels', 'annotations', 'docker_credentials'),
    buildpacks: { type: ['list', 'string'] },
    routes: blocks({ route: STRING, port: NUMBER }),
    service_binding: blocks({ service_instance: STRING, params: MAP, params_json: STRING }),
  },
  cloudfoundry_asg: {
    name: STRING,
    rule: blocks({
      ...all(STRING, 'protocol', 'destination', 'ports', 'description'),
      ...all(NUMBER, 'type', 'code'),
      log: BOOL,
    }),
  },
  cloudfoundry_buildpack: { ...all(STRING, 'name', 'path', 'stack'), ...all(BOOL, 'enabled', 'locked') },
  cloudfoundry_default_asg: { name: STRING, asgs: SET },
  cloudfoundry_domain: { ...all(STRING, 'name', 'sub_domain', 'domain', 'router_group', 'org'), internal: BOOL },
  cloudfoundry_evg: { name: STRING, variables: MAP },
  cloudfoundry_feature_flag: { feature_flags: MAP },
  cloudfoundry_isolation_segment: { name: STRING },
  cloudfoundry_isolation_segment_entitlement: { segment: STRING, orgs: SET, default: BOOL },
  cloudfoundry_network_policy: { policy: blocks(all(STRING, 'source_app', 'destination_app', 'port', 'protocol')) },
  cloudfoundry_org: {
    ...all(STRING, 'name', 'quota'),
    ...all(MAP, 'labels', 'annotations'),
    ...all(SET, 'managers', 'billing_managers', 'auditors'),
    delete_recursive_allowed: BOOL,
  },
  cloudfoundry_org_quota: {
    name: STRING,
    ...all(NUMBER, 'total_memory', 'total_routes'),
    allow_paid_service_plans: BOOL,
  },
  cloudfoundry_org_users: { org: STRING, ...all(SET, 'managers', 'billing_managers', 'auditors'), force: BOOL },
  cloudfoundry_private_domain_access: all(STRING, 'domain', 'org'),
  cloudfoundry_route: {
    ...all(STRING, 'domain', 'space', 'hostname', 'path', 'endpoint'),
    port: NUMBER,
    random_port: BOOL,
    target: blocks({ app: STRING, port: NUMBER }),
  },
  cloudfoundry_route_service_binding: all(STRING, 'route', 'service_instance', 'json_params'),
  cloudfoundry_service_broker: all(STRING, 'name', 'url', 'username', 'password', 'space'),
  cloudfoundry_service_instance: {
    ...all(STRING, 'name', 'service_plan', 'space', 'json_params'),
    tags: { type: ['list', 'string'] },
    ...all(BOOL, 'recursive_delete', 'replace_on_params_change', 'replace_on_service_plan_change'),
  },
  cloudfoundry_service_instance_sharing: all(STRING, 'service_instance_id', 'space_id'),
  cloudfoundry_service_key: {
    ...all(STRING, 'name', 'service_instance', 'params_json'),
    ...all(MAP, 'params', 'credentials'),
  },
  cloudfoundry_service_plan_access: { ...all(STRING, 'plan', 'org'), public: BOOL },
  cloudfoundry_space: {
    ...all(STRING, 'name', 'org', 'quota', 'isolation_segment'),
    ...all(SET, 'asgs', 'staging_asgs', 'managers', 'developers', 'auditors'),
    ...all(MAP, 'labels', 'annotations'),
    ...all(BOOL, 'allow_ssh', 'delete_recursive_allowed'),
  },
  cloudfoundry_space_asgs: { space: STRING, ...all(SET, 'running_asgs', 'staging_asgs') },
  cloudfoundry_space_quota: { ...all(STRING, 'name', 'org'), ...all(NUMBER, 'total_memory', 'total_routes') },
  cloudfoundry_space_users: { space: STRING, ...all(SET, 'managers', 'developers', 'auditors'), force: BOOL },
  cloudfoundry_user: {
    ...all(STRING, 'name', 'password', 'origin', 'given_name', 'family_name', 'email'),
    groups: SET,
  },
  cloudfoundry_user_provided_service: {
    ...all(STRING, 'name', 'space', 'syslog_drain_url', 'route_service_url', 'credentials_json'),
    credentials: MAP,
    tags: SET,
  },
};

const IN_OPEN = { space: IDS.open, environment: { EGRESS_ALLOW: 'api.example.gov:443' }, enable_ssh: false };
/** The id of a service that others have created. */
const SERVICE = '00000000-0000-4000-8000-00000000000b';

/**
 * The silent world with the older provider's types: a client with two proxies, and one resource of every other type.
 */
export const COMMUNITY_WORLD: Readonly<Record<string, Values>> = {
  'cloudfoundry_org.org': { id: IDS.org, name: 'org' },
  'cloudfoundry_space.restricted': { id: IDS.restricted, name: 'restricted', org: IDS.org, allow_ssh: false, asgs: [] },
  'cloudfoundry_space.open': { id: IDS.open, name: 'open', org: IDS.org, allow_ssh: true, asgs: [IDS.group] },
  'cloudfoundry_app.web': {
    id: IDS.web,
    name: 'web',
    space: IDS.restricted,
    docker_image: 'registry.example/web:1',
    enable_ssh: false,
  },
  'cloudfoundry_app.proxy': {
    ...IN_OPEN,
    id: IDS.proxy,
    name: 'proxy',
    docker_image: 'registry.example/proxy:1',
    command: './entrypoint',
    routes: [{ route: 'route' }],
    service_binding: [{ service_instance: SERVICE, params: {} }],
  },
  'cloudfoundry_app.droplet': {
    ...IN_OPEN,
    id: IDS.droplet,
    name: 'droplet',
    buildpack: 'binary_buildpack',
    path: 'squid.zip',
    source_code_hash: 'hash',
    stack: 'cflinuxfs4',
  },
  'cloudfoundry_network_policy.to_proxies': {
    policy: [{ source_app: IDS.web, destination_app: IDS.proxy, port: '3128', protocol: 'tcp' }],
  },
  'cloudfoundry_network_policy.to_droplet': {
    policy: [{ source_app: IDS.web, destination_app: IDS.droplet, port: '3128', protocol: 'tcp' }],
  },
  'cloudfoundry_asg.public': {
    id: IDS.group,
    name: 'public',
    rule: [
      { protocol: 'tcp', destination: '0.0.0.0/0', ports: '1-65535', type: 0, code: 0 },
      { protocol: 'icmp', destination: '0.0.0.0/0', type: 8, code: 0 },
    ],
  },
  'cloudfoundry_asg.icmp': {
    id: 'icmp',
    name: 'icmp',
    rule: [{ protocol: 'icmp', destination: '10.0.0.0/8', type: 8, code: 0, log: false, description: 'ping' }],
  },
  'cloudfoundry_space_asgs.icmp': { space: IDS.restricted, running_asgs: ['icmp'], staging_asgs: ['icmp'] },
  'cloudfoundry_default_asg.running': { name: 'running', asgs: ['icmp'] },
  'cloudfoundry_org_users.some': { org: IDS.org, managers: ['eve'] },
  'cloudfoundry_space_users.some': { space: IDS.open, developers: ['eve'] },
  'cloudfoundry_domain.domain': { id: IDS.domain, name: 'example.gov', internal: false },
  'cloudfoundry_route.route': {
    id: 'route',
    domain: IDS.domain,
    space: IDS.restricted,
    hostname: 'www',
    endpoint: 'www.example.gov',
    target: [{ app: IDS.web, port: 8080 }],
  },
  'cloudfoundry_user_provided_service.s': { id: 'service', name: 'service', space: IDS.open, credentials: {} },
  ...Object.fromEntries(
    [
      ...['buildpack', 'evg', 'feature_flag', 'isolation_segment', 'isolation_segment_entitlement', 'org_quota'],
      ...['org_users', 'private_domain_access', 'route_service_binding', 'service_broker', 'service_instance'],
      ...['service_instance_sharing', 'service_key', 'service_plan_access', 'space_quota', 'space_users', 'user'],
    ].map((type) => [`cloudfoundry_${type}.one`, { id: type }]),
  ),
};
