/** The parts of a proxy's address that a preset can use. Without credentials, user and password are unset. */
export interface ProxyParts {
  /** `http` */
  readonly scheme: string;
  /** The name of the internal route. */
  readonly host: string;
  /** The port without TLS. */
  readonly port: string;
  /** The user name at a proxy with a seed. */
  readonly user?: string;
  /** The password at a proxy with a seed: a sensitive token. */
  readonly password?: string;
  /** Hosts, `.domains` and addresses that clients connect to directly. */
  readonly noProxy: readonly string[];
}

type Value = (parts: ProxyParts) => string | undefined;

/**
 * Variables for programs that take a proxy's address in parts or in their own format. They use the address without TLS:
 * with `tls`, the proxy's plain port is opened too. docs/proxy-clients.md lists all programs, including those that need
 * no preset.
 *
 * @example web.useProxy(proxy, { presets: [ProxyVariables.NEW_RELIC, ProxyVariables.JAVA] })
 */
export class ProxyVariables {
  /**
   * New Relic's agents: scheme, host, port, user and password. The password is set under both names: one for the
   * Python, Node.js and Ruby agents, and one for the Java agent.
   *
   * @see https://docs.newrelic.com/docs/apm/agents/python-agent/configuration/python-agent-configuration/#proxy
   */
  static readonly NEW_RELIC = new ProxyVariables({
    NEW_RELIC_PROXY_SCHEME: ({ scheme }) => scheme,
    NEW_RELIC_PROXY_HOST: ({ host }) => host,
    NEW_RELIC_PROXY_PORT: ({ port }) => port,
    NEW_RELIC_PROXY_USER: ({ user }) => user,
    NEW_RELIC_PROXY_PASS: ({ password }) => password,
    NEW_RELIC_PROXY_PASSWORD: ({ password }) => password,
  });

  /**
   * Every Java virtual machine, through `JAVA_TOOL_OPTIONS`: host and port for HTTP and HTTPS, and the hosts to connect
   * to directly. User and password aren't included, because a JVM prints this variable when it starts: a program's
   * `Authenticator` takes them from `HTTPS_PROXY` or from the bound service. The preset also lifts the JDK's
   * restriction on using credentials for tunnels.
   *
   * @see https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/net/doc-files/net-properties.html
   */
  static readonly JAVA = new ProxyVariables({ JAVA_TOOL_OPTIONS: (parts) => javaOptions(parts) });

  /**
   * Maven: host, user, password and the hosts to connect to directly, for a `settings.xml` that refers to them, because
   * Maven takes no proxy credentials from Java properties. docs/proxy-clients.md has the file and explains why its port
   * is a literal number.
   *
   * @see https://maven.apache.org/guides/mini/guide-proxies.html
   */
  static readonly MAVEN = new ProxyVariables({
    MAVEN_PROXY_HOST: ({ host }) => host,
    MAVEN_PROXY_USER: ({ user }) => user,
    MAVEN_PROXY_PASSWORD: ({ password }) => password,
    MAVEN_NON_PROXY_HOSTS: ({ noProxy }) => javaPatterns(noProxy),
  });

  /**
   * Gradle: everything that {@link ProxyVariables.JAVA} sets, plus user and password in `GRADLE_OPTS`.
   *
   * @see https://docs.gradle.org/current/userguide/networking.html
   */
  static readonly GRADLE = new ProxyVariables({
    JAVA_TOOL_OPTIONS: (parts) => javaOptions(parts),
    GRADLE_OPTS: ({ user, password }) =>
      user === undefined
        ? undefined
        : ['http', 'https']
            .flatMap((scheme) => [`-D${scheme}.proxyUser=${user}`, `-D${scheme}.proxyPassword=${password}`])
            .join(' '),
  });

  /** The names of the variables that the preset may set. */
  readonly names: readonly string[];

  private constructor(private readonly values: Readonly<Record<string, Value>>) {
    this.names = Object.keys(values);
  }

  /** The variables for a given proxy. */
  for(parts: ProxyParts): Record<string, string> {
    return Object.fromEntries(
      Object.entries(this.values).flatMap(([name, value]) => {
        const text = value(parts);
        return text === undefined ? [] : [[name, text]];
      }),
    );
  }
}

function javaOptions({ host, port, user, noProxy }: ProxyParts): string {
  const properties = [
    ...['http', 'https'].flatMap((scheme) => [`${scheme}.proxyHost=${host}`, `${scheme}.proxyPort=${port}`]),
    // One list covers both schemes.
    `http.nonProxyHosts=${javaPatterns(noProxy)}`,
    ...(user === undefined ? [] : ['jdk.http.auth.tunneling.disabledSchemes=']),
  ];
  return properties.map((property) => `-D${property}`).join(' ');
}

/** Java writes a domain with a star and an IPv6 address in brackets. */
function javaPatterns(noProxy: readonly string[]): string {
  return noProxy.map((host) => (host.startsWith('.') ? `*${host}` : host.includes(':') ? `[${host}]` : host)).join('|');
}

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
