import { S3Backend, type TerraformStack } from 'cdktf';

// The only place that reads the environment. Credentials of the platform are not here: the provider reads CF_API_URL,
// CF_USER, CF_PASSWORD and their like itself, so that none of them reaches cdktf.out; secrets of the stack are Terraform
// variables, TF_VAR_s3_access_key_id and so on.

export type S3Config =
  | { readonly kind: 'user-provided' }
  | { readonly kind: 'managed'; readonly offering: string; readonly plan: string }
  | { readonly kind: 'existing'; readonly name: string };

export type StateConfig =
  { readonly kind: 'local' } | { readonly kind: 's3'; readonly bucket: string; readonly key: string };

export interface Config {
  readonly org: string;
  readonly restrictedSpace: string;
  readonly publicSpace: string;
  readonly appsDomain: string;
  readonly internalDomain: string;
  /** `https:` and no port, unless a router of the machine was named. */
  readonly routerUrl: { readonly protocol: string; readonly port: string };
  /** The local foundation that the stack goes to, with its simulated internet. */
  readonly foundation?: string;
  readonly registry: string;
  readonly registryUser?: string;
  /** `REGISTRY/NAME:TAG` of an image that is built elsewhere; otherwise the stack builds its own. */
  readonly proxyImage?: string;
  readonly deployers: readonly string[];
  readonly s3: S3Config;
  readonly bucket: string;
  readonly region: string;
  readonly state: StateConfig;
}

interface Setting<T> {
  readonly variable: string;
  readonly fallback: string;
  /** Undefined for a value that is none. */
  readonly read: (text: string) => T | undefined;
  readonly remedy: string;
}

const name = matching(/^[A-Za-z0-9][A-Za-z0-9 ._-]*$/);
const domainName = matching(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/);

const SETTINGS = {
  org: setting('EGRESS_ORG', 'egress-demo', name, 'the name of an organization that exists'),
  restrictedSpace: setting('EGRESS_RESTRICTED_SPACE', 'restricted', name, 'the name of the space of the application'),
  publicSpace: setting('EGRESS_PUBLIC_SPACE', 'public-egress', name, 'the name of the space of the proxy'),
  appsDomain: setting(
    'EGRESS_APPS_DOMAIN',
    'apps.localhost',
    domainName,
    'a domain for public routes, as app.cloud.gov',
  ),
  internalDomain: setting('EGRESS_INTERNAL_DOMAIN', 'apps.internal', domainName, 'a domain for internal routes'),
  routerUrl: setting(
    'EGRESS_ROUTER_URL',
    'https://localhost',
    routerUrl,
    'http://127.0.0.1:PORT, or leave it out for https',
  ),
  foundation: setting('EGRESS_FOUNDATION', '', matching(/^[a-z0-9-]*$/), "a local foundation's name, or leave it out"),
  registry: setting(
    'EGRESS_REGISTRY',
    'localhost:8702',
    matching(/^[a-z0-9.-]+(:[0-9]+)?(\/[a-z0-9._-]+)*$/),
    'where the image is pushed to, as ghcr.io/team',
  ),
  registryUser: setting('EGRESS_REGISTRY_USER', '', matching(/^\S*$/), 'the account of the registry, or leave it out'),
  proxyImage: setting(
    'EGRESS_PROXY_IMAGE',
    '',
    matching(/^([a-z0-9.-]+(:[0-9]+)?(\/[a-z0-9._-]+)+:[A-Za-z0-9_][\w.-]*)?$/),
    'the tag of an image in a registry, as ghcr.io/team/egress-proxy:current, or leave it out to build one',
  ),
  deployer: setting('EGRESS_DEPLOYER', '', matching(/^\S*$/), 'the user name of who deploys, or leave it out'),
  s3: setting('EGRESS_S3', 'user-provided', s3, 'user-provided, managed:OFFERING/PLAN or existing:NAME'),
  bucket: setting(
    'EGRESS_BUCKET',
    'egress-demo',
    matching(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/),
    "a bucket's name of 3 to 63 lower case letters, digits and hyphens (a dot would break TLS to the bucket's host)",
  ),
  region: setting('EGRESS_REGION', 'us-gov-west-1', matching(/^[a-z]+(-[a-z]+)+-[0-9]$/), 'a region of AWS'),
  state: setting('EGRESS_STATE', 'local', state, 'local or s3://BUCKET/KEY'),
} as const;

/**
 * Reads and checks the whole configuration; defaults are those of the local foundation.
 *
 * @throws with everything that is wrong at once
 */
export function readConfig(env: Readonly<Record<string, string | undefined>> = process.env): Config {
  const problems: string[] = [];
  const read = <T>({ variable, fallback, read, remedy }: Setting<T>): T => {
    const text = env[variable] ?? fallback;
    const value = read(text);
    if (value === undefined) problems.push(`${variable} is '${text}': give ${remedy}`);
    return value as T;
  };
  if (env.EGRESS_REGISTRY_PASSWORD !== undefined) {
    problems.push('EGRESS_REGISTRY_PASSWORD would show in the plan: set TF_VAR_registry_password instead');
  }
  const deployer = read(SETTINGS.deployer) || (env.CF_USER ?? '');
  const config: Config = {
    org: read(SETTINGS.org),
    restrictedSpace: read(SETTINGS.restrictedSpace),
    publicSpace: read(SETTINGS.publicSpace),
    appsDomain: read(SETTINGS.appsDomain),
    internalDomain: read(SETTINGS.internalDomain),
    routerUrl: read(SETTINGS.routerUrl),
    foundation: read(SETTINGS.foundation) || undefined,
    registry: read(SETTINGS.registry),
    registryUser: read(SETTINGS.registryUser) || undefined,
    proxyImage: read(SETTINGS.proxyImage) || undefined,
    deployers: deployer === '' ? [] : [deployer],
    s3: read(SETTINGS.s3),
    bucket: read(SETTINGS.bucket),
    region: read(SETTINGS.region),
    state: read(SETTINGS.state),
  };
  if (config.restrictedSpace === config.publicSpace) {
    problems.push(
      `EGRESS_RESTRICTED_SPACE and EGRESS_PUBLIC_SPACE are both '${config.publicSpace}': security groups are bound to ` +
        'spaces, so give two names',
    );
  }
  if (problems.length > 0) throw new Error(`the configuration can't be used:\n- ${problems.join('\n- ')}`);
  return config;
}

function setting<T>(variable: string, fallback: string, read: Setting<T>['read'], remedy: string): Setting<T> {
  return { variable, fallback, read, remedy };
}

function matching(pattern: RegExp): (text: string) => string | undefined {
  return (text) => (pattern.test(text) ? text : undefined);
}

function routerUrl(text: string): Config['routerUrl'] | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.pathname !== '/') return undefined;
  return { protocol: url.protocol, port: url.port };
}

function s3(text: string): S3Config | undefined {
  if (text === 'user-provided') return { kind: 'user-provided' };
  const [, offering, plan] = /^managed:([^/\s,]+)\/([^/\s,]+)$/.exec(text) ?? [];
  if (offering !== undefined && plan !== undefined) return { kind: 'managed', offering, plan };
  const existing = /^existing:([^\s,]+)$/.exec(text)?.[1];
  return existing === undefined ? undefined : { kind: 'existing', name: existing };
}

function state(text: string): StateConfig | undefined {
  if (text === 'local') return { kind: 'local' };
  const [, bucket, key] = /^s3:\/\/([a-z0-9][a-z0-9.-]*[a-z0-9])\/(\S+)$/.exec(text) ?? [];
  return bucket === undefined || key === undefined ? undefined : { kind: 's3', bucket, key };
}

/** The address under which the platform's router serves a name. */
export function urlOf(hostName: string, { routerUrl }: Config): string {
  return `${routerUrl.protocol}//${hostName}${routerUrl.port === '' ? '' : `:${routerUrl.port}`}`;
}

/** Keeps the state in S3, locked while it is written, if the configuration says so; in a local file otherwise. */
export function stateOf(stack: TerraformStack, { state, region }: Config): void {
  if (state.kind === 'local') return;
  new S3Backend(stack, { bucket: state.bucket, key: state.key, region, encrypt: true });
  stack.addOverride('terraform.backend.s3.use_lockfile', true);
}
