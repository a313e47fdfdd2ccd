import { all, harmless, modelled, UNKNOWN, within, type Meaning } from './meaning';

/** The older provider, now archived, which existing stacks may still use. */
export const COMMUNITY = 'cloudfoundry-community/cloudfoundry';

/** A type of the older provider, in terms of the newer one. */
export interface OlderType {
  /** The equivalent type of the newer provider. */
  readonly as: string;
  /**
   * Each attribute with the newer type's name for it, which then means the same, or with its own meaning. Every change
   * of an attribute that isn't listed is unknown.
   */
  readonly attributes: Readonly<Record<string, string | Meaning>>;
}

/** Attributes with the same name in both. */
const same = (...names: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(names.map((name) => [name, name]));

/** A block whose members have the same names in both. */
const block = (name: string, as: string, members: readonly string[]): Readonly<Record<string, string>> => ({
  [name]: as,
  ...within(name, Object.fromEntries(members.map((member) => [member, `${as}.${member}`]))),
});

const PROGRAM = modelled('what an application runs');
const ROLES = modelled('roles');
const BINDINGS = modelled('bindings of security groups');
const PARAMETERS = modelled('logs, and what an application runs');
const TAKES = harmless('it removes roles and grants none');
const DELETION = harmless('what is deleted with it or instead of it');
const HEALTH_CHECKS = ['health_check_http_endpoint', 'health_check_invocation_timeout', 'health_check_type', 'timeout'];
const QUOTA = harmless('how much may be used, not who can reach it');

/**
 * Resource types of the older provider that correspond to a type of the newer one.
 *
 * @see https://github.com/cloudfoundry-community/terraform-provider-cloudfoundry/tree/main/docs/resources
 */
export const COMMUNITY_TYPES: Readonly<Record<string, OlderType>> = {
  cloudfoundry_app: {
    as: 'cloudfoundry_app',
    attributes: {
      ...same('name', 'buildpacks', 'command', 'docker_image', 'path', 'source_code_hash', 'stack', 'environment'),
      ...same('enable_ssh', 'memory', 'disk_quota', 'instances', 'docker_credentials', 'stopped', 'strategy'),
      ...same(...HEALTH_CHECKS),
      space: modelled('which application it is'),
      buildpack: PROGRAM,
      health_check_timeout: 'timeout',
      id_bg: harmless('the platform sets it'),
      ...block('routes', 'routes', ['route']),
      // The port of a TCP route. In the newer provider, it is part of the route.
      'routes.port': UNKNOWN,
      'routes.mapping_id': harmless('the platform sets it'),
      ...all(PARAMETERS, 'service_binding', 'service_binding.service_instance', 'service_binding.params'),
      'service_binding.params_json': PARAMETERS,
      ...all(harmless('the platform sets it'), 'service_binding.binding_id', 'service_binding.credentials'),
    },
  },
  cloudfoundry_asg: {
    as: 'cloudfoundry_security_group',
    attributes: {
      ...same('name'),
      ...block('rule', 'rules', ['code', 'description', 'destination', 'log', 'ports', 'protocol', 'type']),
    },
  },
  cloudfoundry_default_asg: {
    as: 'cloudfoundry_default_asg',
    attributes: all(modelled('groups of every space'), 'name', 'asgs'),
  },
  cloudfoundry_domain: {
    as: 'cloudfoundry_domain',
    attributes: {
      ...same('name', 'internal', 'org', 'router_group'),
      ...all(modelled('names of routes'), 'domain', 'sub_domain'),
    },
  },
  cloudfoundry_network_policy: {
    as: 'cloudfoundry_network_policy',
    attributes: block('policy', 'policies', ['destination_app', 'port', 'protocol', 'source_app']),
  },
  cloudfoundry_org: {
    as: 'cloudfoundry_org',
    attributes: {
      ...same('name', 'quota'),
      ...all(ROLES, 'managers', 'billing_managers', 'auditors'),
      delete_recursive_allowed: DELETION,
    },
  },
  cloudfoundry_org_quota: {
    as: 'cloudfoundry_org_quota',
    attributes: all(
      QUOTA,
      ...['name', 'allow_paid_service_plans', 'instance_memory', 'total_app_instances', 'total_app_log_rate_limit'],
      ...['total_app_tasks', 'total_memory', 'total_private_domains', 'total_route_ports', 'total_routes'],
      ...['total_service_keys', 'total_services'],
    ),
  },
  cloudfoundry_org_users: {
    as: 'cloudfoundry_org_role',
    attributes: { ...same('org'), ...all(ROLES, 'managers', 'billing_managers', 'auditors'), force: TAKES },
  },
  cloudfoundry_route: {
    as: 'cloudfoundry_route',
    attributes: {
      ...same('domain', 'path', 'port', 'space'),
      hostname: 'host',
      endpoint: 'url',
      target: 'destinations',
      'target.app': 'destinations.app_id',
      'target.port': 'destinations.port',
      'target.mapping_id': 'destinations.id',
    },
  },
  cloudfoundry_route_service_binding: {
    as: 'cloudfoundry_service_route_binding',
    attributes: { ...same('route', 'service_instance'), json_params: 'parameters' },
  },
  /** Only looked up, never created. */
  cloudfoundry_service: { as: 'cloudfoundry_service_plan', attributes: {} },
  cloudfoundry_service_instance: {
    as: 'cloudfoundry_service_instance',
    attributes: {
      ...same('name', 'service_plan', 'space', 'tags'),
      json_params: 'parameters',
      ...all(DELETION, 'recursive_delete', 'replace_on_params_change', 'replace_on_service_plan_change'),
    },
  },
  cloudfoundry_service_key: {
    as: 'cloudfoundry_service_credential_binding',
    attributes: {
      ...same('name'),
      service_instance: modelled('accounts of the platform'),
      params: 'parameters',
      params_json: 'parameters',
      credentials: 'credential_binding',
    },
  },
  cloudfoundry_space: {
    as: 'cloudfoundry_space',
    attributes: {
      ...same('name', 'org', 'allow_ssh', 'isolation_segment', 'quota'),
      ...all(BINDINGS, 'asgs', 'staging_asgs'),
      ...all(ROLES, 'managers', 'developers', 'auditors'),
      delete_recursive_allowed: DELETION,
    },
  },
  cloudfoundry_space_asgs: {
    as: 'cloudfoundry_space_asgs',
    attributes: all(BINDINGS, 'space', 'running_asgs', 'staging_asgs'),
  },
  cloudfoundry_space_quota: {
    as: 'cloudfoundry_space_quota',
    attributes: all(
      QUOTA,
      ...['name', 'org', 'allow_paid_service_plans', 'instance_memory', 'total_app_instances', 'total_app_tasks'],
      ...['total_app_log_rate_limit', 'total_memory', 'total_route_ports', 'total_routes', 'total_service_keys'],
      'total_services',
    ),
  },
  cloudfoundry_space_users: {
    as: 'cloudfoundry_space_role',
    attributes: { ...same('space'), ...all(ROLES, 'managers', 'developers', 'auditors'), force: TAKES },
  },
  cloudfoundry_user: {
    as: 'cloudfoundry_user',
    attributes: { ...same('email', 'family_name', 'given_name', 'groups', 'origin', 'password'), name: 'username' },
  },
  cloudfoundry_user_provided_service: {
    as: 'cloudfoundry_service_instance',
    attributes: {
      ...same('name', 'space', 'credentials', 'syslog_drain_url', 'route_service_url', 'tags'),
      credentials_json: 'credentials',
      syslogDrainURL: 'syslog_drain_url',
      routeServiceURL: 'route_service_url',
    },
  },
};
