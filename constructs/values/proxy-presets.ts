/** What a program can be told of its proxy; without credentials there are neither user nor password. */
export interface ProxyParts {
  readonly scheme: string;
  readonly host: string;
  readonly port: string;
  readonly user?: string;
  readonly password?: string;
  /** Hosts, `.domains` and addresses that are asked directly. */
  readonly noProxy: readonly string[];
}

type Value = (parts: ProxyParts) => string | undefined;

/**
 * Variables of programs that want a proxy in parts, or in a form of their own. Each holds the address without TLS: with `tls` the
 * proxy's plain port is opened, too. docs/proxy-clients.md has them all, and what needs none.
 *
 * @example web.useProxy(proxy, { presets: [ProxyVariables.NEW_RELIC, ProxyVariables.JAVA] })
 */
export class ProxyVariables {
  /**
   * The agents of New Relic: scheme, host, port, user and password, the last in the spelling of the agents for Python, Node.js
   * and Ruby and in that for Java.
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
   * Every Java virtual machine, by `JAVA_TOOL_OPTIONS`: host and port for http and https, and what is asked directly. Neither user
   * nor password, since a machine prints the variable when it starts: a program's `Authenticator` takes them from `HTTPS_PROXY` or
   * from the bound service. What keeps the JDK from using them in a tunnel is taken away.
   *
   * @see https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/net/doc-files/net-properties.html
   */
  static readonly JAVA = new ProxyVariables({ JAVA_TOOL_OPTIONS: (parts) => javaOptions(parts) });

  /**
   * Maven: host, user, password and what is asked directly, for a `settings.xml` that names them, since Maven takes no credentials
   * from properties of Java. The file, and why its port is a number there, is in docs/proxy-clients.md.
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
   * Gradle: what {@link ProxyVariables.JAVA} sets, and user and password by `GRADLE_OPTS`.
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

  /** Names of the variables that may be set. */
  readonly names: readonly string[];

  private constructor(private readonly values: Readonly<Record<string, Value>>) {
    this.names = Object.keys(values);
  }

  /** The variables that are set for a proxy. */
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
    // One list for both schemes.
    `http.nonProxyHosts=${javaPatterns(noProxy)}`,
    ...(user === undefined ? [] : ['jdk.http.auth.tunneling.disabledSchemes=']),
  ];
  return properties.map((property) => `-D${property}`).join(' ');
}

/** A domain is one with a star, and an address of IPv6 stands in brackets. */
function javaPatterns(noProxy: readonly string[]): string {
  return noProxy.map((host) => (host.startsWith('.') ? `*${host}` : host.includes(':') ? `[${host}]` : host)).join('|');
}
