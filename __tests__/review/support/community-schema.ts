import type { Attribute } from './schema';

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
