import { IDS, type Values } from './silent-world';

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
