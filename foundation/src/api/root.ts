import type { Cloud } from '../cloud/cloud';
import { get, ok, type Call, type Endpoint } from './endpoint';
import { links } from './present';
import { SSH_CLIENT } from './uaa';

/** The version of the Cloud Controller API that clients may rely on; the cf CLI requires at least 3.160. */
const API_VERSION = '3.206.0';

/** The port of the SSH server and the fingerprint of its host key. */
export interface SshPlace {
  readonly port: number;
  readonly fingerprint: string;
}

const discovery = ({ base }: Call, ssh: SshPlace | undefined) => ({
  links: {
    self: { href: base },
    cloud_controller_v3: { href: `${base}/v3`, meta: { version: API_VERSION } },
    network_policy_v1: { href: `${base}/networking/v1/external` },
    login: { href: `${base}/login` },
    uaa: { href: `${base}/uaa` },
    credhub: null,
    routing: { href: `${base}/routing` },
    logging: null,
    // Without a path, since clients drop it.
    log_cache: { href: base },
    log_stream: null,
    // Clients look for the name of the OAuth client even if SSH is off.
    app_ssh: {
      href: ssh ? `127.0.0.1:${ssh.port}` : '',
      meta: { host_key_fingerprint: ssh?.fingerprint ?? '', oauth_client: SSH_CLIENT },
    },
  },
});

const V3_RESOURCES = [
  'organizations',
  'spaces',
  'roles',
  'users',
  'domains',
  'routes',
  'security_groups',
  'service_offerings',
  'service_plans',
  'service_instances',
  'service_credential_bindings',
  'apps',
  'processes',
  'packages',
  'builds',
  'droplets',
  'deployments',
  'audit_events',
  'revisions',
  'stacks',
  'buildpacks',
];

export const root = (cloud: Cloud, ssh?: SshPlace): readonly Endpoint[] => [
  get('/', 'platform:read', (call) => ok(discovery(call, ssh))),
  get('/v3', 'platform:read', ({ base }) =>
    ok({
      links: links(base, {
        self: '/v3',
        ...Object.fromEntries(V3_RESOURCES.map((resource) => [resource, `/v3/${resource}`])),
      }),
    }),
  ),
  get('/v3/info', 'platform:read', ({ base }) =>
    ok({
      build: '',
      cli_version: { minimum: '', recommended: '' },
      custom: {},
      description: 'The local foundation of space-egress',
      name: '',
      version: 0,
      links: links(base, { self: '/v3/info', support: '' }),
    }),
  ),
  // Without TCP routes there are no router groups.
  get('/routing/v1/router_groups', 'marketplace:read', () => ok([]), { query: ['name'] }),
  // Not in Cloud Foundry: lets a test wait for `applied` to reach `desired` instead of sleeping.
  get('/foundation/v1/revision', 'platform:read', () => ok(cloud.revision)),
];
