import { COMMUNITY, COMMUNITY_TYPES } from './community';
import { all, harmless, modelled, UNKNOWN, unlessSet, within, type Attributes, type Meaning } from './meaning';

/*
 * What the review makes of each attribute of each resource type. This one table decides whether a change can pass silently.
 * Anything without an entry is unknown, so that a new version of the provider can't open anything unnoticed: a test compares
 * the table with the provider's schema. The older provider's types are in community.ts, each in terms of the newer one's.
 */

const PROGRAM = modelled('what an application runs');
const PROSE = harmless('text that only people read');
const ROUTER = harmless('how or how often the router connects to an application, not to which one');
const AMOUNT = harmless('an amount of memory, disk, log lines or instances');
const HEALTH = harmless("the platform's own requests to the application");
const LIMIT = harmless('how much may be used, not who can reach it');
const KNOWLEDGE = harmless(
  'what an application knows about a service; for a possible proxy it shows as part of its program',
);
const OFFER = harmless('what can be ordered; what is ordered is a resource of its own');

/** Most types have some of these. */
const RECORD: Attributes = {
  ...all(harmless('the platform sets it'), 'id', 'created_at', 'updated_at', 'last_operation', 'upgrade_available'),
  ...all(PROSE, 'labels', 'annotations'),
  timeouts: harmless('how long the provider waits'),
};

const HEALTH_CHECKS: Attributes = all(
  HEALTH,
  ...['health_check_http_endpoint', 'health_check_interval', 'health_check_invocation_timeout', 'health_check_type'],
  ...['readiness_health_check_http_endpoint', 'readiness_health_check_interval', 'readiness_health_check_type'],
  ...['readiness_health_check_invocation_timeout', 'timeout'],
);

const QUOTA: Attributes = all(
  LIMIT,
  ...['name', 'allow_paid_service_plans', 'instance_memory', 'total_app_instances', 'total_app_log_rate_limit'],
  ...['total_app_tasks', 'total_memory', 'total_route_ports', 'total_routes', 'total_service_keys', 'total_services'],
);

const ROLE: Attributes = all(modelled('roles'), 'type', 'user', 'username', 'origin');

/** Resource types of the provider `cloudfoundry/cloudfoundry`. */
const RESOURCES: Readonly<Record<string, Attributes>> = {
  cloudfoundry_app: {
    ...all(modelled('which application it is'), 'name', 'org_name', 'space_name'),
    ...all(PROGRAM, 'buildpacks', 'command', 'docker_image', 'path', 'source_code_hash', 'stack'),
    ...all(PROGRAM, 'processes', 'processes.command', 'processes.type'),
    ...all(PROGRAM, 'sidecars', 'sidecars.command', 'sidecars.name', 'sidecars.process_types'),
    'sidecars.memory': AMOUNT,
    ...all(AMOUNT, 'processes.disk_quota', 'processes.instances', 'processes.log_rate_limit_per_second'),
    'processes.memory': AMOUNT,
    ...within('processes', HEALTH_CHECKS),
    environment: modelled('what a proxy allows'),
    enable_ssh: modelled('shells'),
    ...all(modelled('routes of an application'), 'routes', 'routes.route', 'random_route'),
    'routes.protocol': ROUTER,
    ...all(AMOUNT, 'memory', 'disk_quota', 'instances', 'log_rate_limit_per_second'),
    ...HEALTH_CHECKS,
    ...all(harmless('how an update proceeds'), 'strategy', 'app_deployed_running_check_interval'),
    app_deployed_running_timeout: harmless('how an update proceeds'),
    docker_credentials: harmless('who may pull the image, which is named elsewhere'),
    no_route: harmless('it removes routes and adds none'),
    ...all(modelled('logs, and what an application runs'), 'service_bindings', 'service_bindings.service_instance'),
    'service_bindings.params': PROGRAM,
    stopped: harmless('the review treats each application as running'),
  },
  cloudfoundry_buildpack: all(
    UNKNOWN,
    ...['enabled', 'filename', 'locked', 'name', 'path', 'position', 'source_code_hash', 'stack', 'state'],
  ),
  cloudfoundry_domain: {
    ...all(modelled('names of routes'), 'name', 'internal'),
    ...all(harmless('who may create routes; each route is a resource of its own'), 'org', 'shared_orgs'),
    ...all(UNKNOWN, 'router_group', 'supported_protocols'),
  },
  cloudfoundry_isolation_segment: { name: UNKNOWN },
  cloudfoundry_isolation_segment_entitlement: all(UNKNOWN, 'default', 'orgs', 'segment'),
  cloudfoundry_mta: all(
    UNKNOWN,
    ...['deploy_strategy', 'deploy_url', 'extension_descriptors', 'extension_descriptors_string', 'modules', 'mta'],
    ...['mtar_path', 'mtar_url', 'namespace', 'skip_idle_start', 'source_code_hash', 'space', 'version_rule'],
  ),
  cloudfoundry_network_policy: all(
    modelled('policies'),
    ...['policies', 'policies.destination_app', 'policies.port', 'policies.protocol', 'policies.source_app'],
  ),
  cloudfoundry_org: {
    name: modelled('which organization it is'),
    quota: LIMIT,
    suspended: harmless('who may change things; what runs keeps running'),
  },
  cloudfoundry_org_quota: { ...QUOTA, ...all(LIMIT, 'orgs', 'total_private_domains') },
  cloudfoundry_org_role: { ...ROLE, org: modelled('roles') },
  cloudfoundry_route: {
    ...all(modelled('routes'), 'destinations', 'destinations.app_id', 'domain', 'host', 'path', 'port'),
    'destinations.app_process_type': unlessSet('web'),
    'destinations.port': unlessSet(8080),
    'destinations.id': harmless('the platform sets it'),
    ...all(ROUTER, 'destinations.protocol', 'destinations.weight'),
    ...all(harmless('it follows from the domain and the host'), 'protocol', 'url'),
    space: harmless('who may change the route; `destinations` says where it leads'),
  },
  cloudfoundry_security_group: {
    ...all(modelled('groups of every space'), 'globally_enabled_running', 'globally_enabled_staging'),
    ...all(modelled('bindings of security groups'), 'running_spaces', 'staging_spaces'),
    name: harmless('the name of the group; its rules say what it opens'),
    ...all(modelled('rules of a group'), 'rules', 'rules.code', 'rules.destination', 'rules.ports', 'rules.protocol'),
    'rules.type': modelled('rules of a group'),
    'rules.description': PROSE,
    'rules.log': harmless('what the platform itself logs'),
  },
  cloudfoundry_security_group_space_bindings: all(
    modelled('bindings of security groups'),
    ...['running_spaces', 'security_group', 'staging_spaces'],
  ),
  cloudfoundry_service_broker: all(UNKNOWN, 'name', 'password', 'space', 'url', 'username'),
  cloudfoundry_service_credential_binding: {
    ...all(modelled('logs, and what an application runs'), 'app', 'service_instance'),
    ...all(KNOWLEDGE, 'credential_binding', 'name', 'parameters', 'type'),
  },
  cloudfoundry_service_instance: {
    ...all(KNOWLEDGE, 'credentials', 'name', 'parameters', 'space', 'type'),
    service_plan: modelled('accounts of the platform'),
    syslog_drain_url: modelled('logs'),
    route_service_url: modelled('route services'),
    ...all(PROSE, 'dashboard_url', 'tags'),
    maintenance_info: harmless('the platform sets it'),
  },
  cloudfoundry_service_instance_sharing: all(UNKNOWN, 'service_instance', 'spaces'),
  cloudfoundry_service_plan_visibility: all(OFFER, 'organizations', 'service_plan', 'space', 'type'),
  cloudfoundry_service_route_binding: {
    ...all(modelled('route services'), 'route', 'route_service_url', 'service_instance'),
    parameters: UNKNOWN,
  },
  cloudfoundry_space: {
    ...all(modelled('which space it is'), 'name', 'org'),
    allow_ssh: modelled('shells'),
    isolation_segment: UNKNOWN,
    quota: LIMIT,
  },
  cloudfoundry_space_quota: { ...QUOTA, ...all(LIMIT, 'org', 'spaces') },
  cloudfoundry_space_role: { ...ROLE, space: modelled('roles') },
  cloudfoundry_user: {
    ...all(
      harmless('a user can do nothing without a role'),
      'email',
      'family_name',
      'given_name',
      'origin',
      'username',
    ),
    ...all(UNKNOWN, 'groups', 'password'),
  },
  cloudfoundry_user_cf: all(
    harmless('a user can do nothing without a role'),
    ...['origin', 'presentation_name', 'username'],
  ),
  cloudfoundry_user_groups: all(UNKNOWN, 'groups', 'origin', 'user'),
};

/**
 * The built-in `terraform_data`: values that pass through it show in whatever refers to it, and what it runs is a
 * provisioner.
 */
const BUILT_IN: Readonly<Record<string, Attributes>> = {
  terraform_data: all(harmless('a value in the state; what uses it shows it'), 'input', 'output', 'triggers_replace'),
};

/** Types of the older provider, in terms of the newer one's attributes where they correspond. */
const OLDER = Object.entries(COMMUNITY_TYPES).map(([type, { as, attributes }]): [string, Attributes] => [
  `${COMMUNITY} ${type}`,
  Object.fromEntries(
    Object.entries(attributes).map(([name, meaning]) => [
      name,
      typeof meaning === 'string' ? (RESOURCES[as]?.[meaning] ?? UNKNOWN) : meaning,
    ]),
  ),
]);

const TYPES: ReadonlyMap<string, ReadonlyMap<string, Meaning>> = new Map(
  [...Object.entries({ ...RESOURCES, ...BUILT_IN }), ...OLDER].map(([type, attributes]) => [
    type,
    new Map(Object.entries({ ...RECORD, ...attributes })),
  ]),
);

const BUILT_IN_PROVIDER = 'terraform.io/builtin/terraform';

/** The table's name for a resource type: types of the older provider have its name in front. */
export function tableType({ type, provider }: { readonly type: string; readonly provider?: string }): string {
  return provider === COMMUNITY ? `${COMMUNITY} ${type}` : type;
}

/** Whether the table contains the type; if not, everything about it is unknown. */
export function isCovered(resource: { readonly type: string; readonly provider?: string }): boolean {
  const { provider } = resource;
  // The table is about types of particular providers; a type with the same name from another one is something else.
  const known = provider === undefined || provider === BUILT_IN_PROVIDER || CLOUD_FOUNDRY_PROVIDERS.includes(provider);
  return known && TYPES.has(tableType(resource));
}

/** What a change of an attribute means. @param type as {@link tableType} returns it */
export function meaningOf(type: string, attribute: string): Meaning {
  return TYPES.get(type)?.get(attribute) ?? UNKNOWN;
}

/** Whether the table looks into the attribute: its members are attributes too, not names that somebody chose. */
export function isLookedInto(type: string, attribute: string): boolean {
  return [...(TYPES.get(type)?.keys() ?? [])].some((name) => name.startsWith(`${attribute}.`));
}

/** The attributes that the table lists for a type, without those common to all types. */
export function attributesOf(type: string): readonly string[] {
  return [...(TYPES.get(type)?.keys() ?? [])].filter((name) => !Object.hasOwn(RECORD, name));
}

/** The provider's resource types that the table lists. */
export const COVERED_TYPES: readonly string[] = Object.keys(RESOURCES);

/**
 * Providers that can neither reach Cloud Foundry nor run a program: whatever their resources do, no application reaches
 * more. Others are unknown until the repository's `egress-review.json` lists them. Left out on purpose although they
 * are common: `external`, `http`, `null` and providers for shells and REST, which run programs or connect anywhere.
 */
export const HARMLESS_PROVIDERS: readonly string[] = [
  'hashicorp/archive',
  'hashicorp/aws',
  'hashicorp/awscc',
  'hashicorp/azuread',
  'hashicorp/azurerm',
  'hashicorp/google',
  'hashicorp/google-beta',
  'hashicorp/kubernetes',
  'hashicorp/local',
  'hashicorp/random',
  'hashicorp/time',
  'hashicorp/tls',
  'kreuzwerker/docker',
];

/**
 * Types of these providers that run a program during the apply, or write a file that may be run, such as a provider or
 * part of an application. Every change of one is unknown.
 */
export const RUNNING_TYPES: ReadonlySet<string> = new Set([
  ...['docker_buildx_builder', 'docker_container', 'docker_plugin', 'docker_service', 'local_command'],
  ...['local_file', 'local_sensitive_file'],
]);

/**
 * Settings of these providers that name a program or a file that may be one. A plan doesn't show whether they are new.
 */
export const RUNNING_SETTINGS: Readonly<Record<string, readonly string[]>> = {
  'hashicorp/aws': ['shared_config_files', 'shared_credentials_files'],
  'hashicorp/awscc': ['shared_config_files', 'shared_credentials_files'],
  'hashicorp/kubernetes': ['config_path', 'config_paths', 'exec'],
  'kreuzwerker/docker': ['host', 'ssh_opts'],
};

/** Values of these settings that run nothing, as a plan shows them. */
export const HARMLESS_SETTINGS: Readonly<Record<string, RegExp>> = {
  'kreuzwerker/docker host': /^(?:unix|npipe|tcp|https?):\/\//,
};

/** The providers whose resource types the table covers, by their addresses without a registry. */
export const CLOUD_FOUNDRY_PROVIDERS: readonly string[] = ['cloudfoundry/cloudfoundry', COMMUNITY];
