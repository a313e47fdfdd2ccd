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
