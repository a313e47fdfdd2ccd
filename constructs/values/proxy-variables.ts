/** What programs read, in both spellings: some know only one, and a program that finds no proxy would bypass it. */
const ADDRESS = ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'] as const;
const EXCEPTIONS = ['NO_PROXY', 'no_proxy'] as const;

/** Addresses that never go through the proxy: the container itself. */
const OWN = ['localhost', '127.0.0.1', '::1'] as const;

export interface ProxySettings {
  readonly uri: string;
  /**
   * Whether the proxy's address starts with `https:`, so that programs must trust the platform's certificate authority.
   */
  readonly tls: boolean;
  /** Hosts, `.domains` and addresses that clients connect to directly. */
  readonly noProxy: readonly string[];
  /** Additional variables that get the proxy's address. */
  readonly variables: readonly string[];
  /** The address without TLS and the variables that get it, for libraries that can't use TLS to a proxy. */
  readonly plain?: { readonly uri: string; readonly variables: readonly string[] };
  /** The variables of the presets, by name. */
  readonly presets?: Readonly<Record<string, string>>;
}

/** Directories of certificate authorities: the usual one of a Linux image, and the one of the platform. */
const AUTHORITIES = '/etc/ssl/certs:/etc/cf-system-certificates';

/** Names of all variables that {@link dockerVariables} and the profile script set. */
export const PROXY_VARIABLES: readonly string[] = [...ADDRESS, ...EXCEPTIONS];

/**
 * For a container image, whose environment only the application sees. No script runs before the program to combine
 * certificates, so with TLS the program gets the directories: programs in Go read them; others need a file that the
 * image's entrypoint creates.
 */
export function dockerVariables(proxy: ProxySettings): Record<string, string> {
  return Object.fromEntries([
    ...[...ADDRESS, ...proxy.variables].map((name) => [name, proxy.uri]),
    ...(proxy.plain?.variables ?? []).map((name) => [name, proxy.plain?.uri]),
    ...EXCEPTIONS.map((name) => [name, exceptions(proxy).join(',')]),
    ...Object.entries(proxy.presets ?? {}),
    ...(proxy.tls ? [['SSL_CERT_DIR', AUTHORITIES]] : []),
  ]) as Record<string, string>;
}

/**
 * For a buildpack application. The names are neutral because staging runs with the application's environment, and a
 * proxy that the staging container can't reach would break its downloads. {@link PROFILE_SCRIPT} exports the real names
 * when the application starts.
 */
export function buildpackVariables(proxy: ProxySettings): Record<string, string> {
  return {
    EGRESS_PROXY_URI: proxy.uri,
    EGRESS_NO_PROXY: exceptions(proxy).join(','),
    ...(proxy.variables.length > 0 && { EGRESS_PROXY_VARIABLES: proxy.variables.join(' ') }),
    ...(proxy.plain !== undefined && {
      EGRESS_PLAIN_PROXY_URI: proxy.plain.uri,
      EGRESS_PLAIN_PROXY_VARIABLES: proxy.plain.variables.join(' '),
    }),
    ...(proxy.presets !== undefined && {
      EGRESS_PRESET_VARIABLES: Object.keys(proxy.presets).join(' '),
      ...Object.fromEntries(Object.entries(proxy.presets).map(([name, value]) => [`EGRESS_PRESET_${name}`, value])),
    }),
  };
}

/** The file in the pushed bits that the platform sources before the start command. */
export const PROFILE_SCRIPT_PATH = '.profile.d/egress-proxy.sh';

export const PROFILE_SCRIPT = `# Exports the proxy at run time only: staging has no use for it. Does nothing without one.
if [ -n "\${EGRESS_PROXY_URI:-}" ]; then
  for egress_name in ${ADDRESS.join(' ')} \${EGRESS_PROXY_VARIABLES:-}; do
    export "$egress_name=$EGRESS_PROXY_URI"
  done
  for egress_name in ${EXCEPTIONS.join(' ')}; do
    export "$egress_name=\${EGRESS_NO_PROXY:-}"
  done
  for egress_name in \${EGRESS_PLAIN_PROXY_VARIABLES:-}; do
    export "$egress_name=\${EGRESS_PLAIN_PROXY_URI:-}"
  done
  for egress_name in \${EGRESS_PRESET_VARIABLES:-}; do
    export "$egress_name=$(printenv "EGRESS_PRESET_$egress_name")"
  done
  unset egress_name
fi
# TLS to the proxy is the platform's: trust its authorities, beside all that was trusted before.
case "\${EGRESS_PROXY_URI:-}" in
  https:*)
    egress_join() {
      for egress_file in "$@"; do
        if [ -f "$egress_file" ]; then cat "$egress_file" && echo; fi
      done
      unset egress_file
    }
    egress_platform="\${TMPDIR:-/tmp}/egress-platform-authorities.pem"
    egress_all="\${TMPDIR:-/tmp}/egress-all-authorities.pem"
    egress_join "\${CF_SYSTEM_CERT_PATH:-/etc/cf-system-certificates}"/* "\${NODE_EXTRA_CA_CERTS:-}" >"$egress_platform"
    egress_join /etc/ssl/certs/ca-certificates.crt "$egress_platform" \\
      "\${SSL_CERT_FILE:-}" "\${REQUESTS_CA_BUNDLE:-}" "\${AWS_CA_BUNDLE:-}" >"$egress_all"
    export NODE_EXTRA_CA_CERTS="$egress_platform"
    export SSL_CERT_FILE="$egress_all" REQUESTS_CA_BUNDLE="$egress_all" AWS_CA_BUNDLE="$egress_all"
    unset egress_platform egress_all
    unset -f egress_join
    ;;
esac
`;

/** @throws for what programs would not match: they compare hosts, domains that begin with a dot, and addresses */
export function checkException(path: string, host: string): void {
  if (/^[^\s,*]+$/.test(host) && !host.includes('://')) return;
  throw new Error(`${path}: '${host}' can't be in noProxy: write a host, .example.gov for a domain, or an address`);
}

/** All hosts to connect to directly, the container itself first. */
export function exceptions({ noProxy }: Pick<ProxySettings, 'noProxy'>): string[] {
  return [...new Set([...OWN, ...noProxy])];
}
