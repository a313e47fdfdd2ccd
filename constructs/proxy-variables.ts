/** What programs read, in both spellings: some know only one of them, and half of a proxy is a way around it. */
const ADDRESS = ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'] as const;
const EXCEPTIONS = ['NO_PROXY', 'no_proxy'] as const;

/** What never goes through the proxy: the container itself. */
const OWN = ['localhost', '127.0.0.1', '::1'] as const;

export interface ProxySettings {
  readonly uri: string;
  /** Hosts, `.domains` and addresses that are asked directly. */
  readonly noProxy: readonly string[];
  /** Other variables that take the proxy's address. */
  readonly variables: readonly string[];
}

/** Names of all variables that {@link dockerVariables} and the profile script set. */
export const PROXY_VARIABLES: readonly string[] = [...ADDRESS, ...EXCEPTIONS];

/** For a container image, whose environment nobody but the application sees. */
export function dockerVariables(proxy: ProxySettings): Record<string, string> {
  return Object.fromEntries([
    ...[...ADDRESS, ...proxy.variables].map((name) => [name, proxy.uri]),
    ...EXCEPTIONS.map((name) => [name, exceptions(proxy)]),
  ]) as Record<string, string>;
}

/**
 * For a buildpack application: neutral names, since staging runs with the environment of the application and a proxy that
 * the building container can't reach would break its downloads. {@link PROFILE_SCRIPT} turns them into the real ones when
 * the application starts.
 */
export function buildpackVariables(proxy: ProxySettings): Record<string, string> {
  return {
    EGRESS_PROXY_URI: proxy.uri,
    EGRESS_NO_PROXY: exceptions(proxy),
    ...(proxy.variables.length > 0 && { EGRESS_PROXY_VARIABLES: proxy.variables.join(' ') }),
  };
}

/** The file among the pushed bits that the platform sources before the start command. */
export const PROFILE_SCRIPT_PATH = '.profile.d/egress-proxy.sh';

export const PROFILE_SCRIPT = `# Exports the proxy at run time only: staging has no use for it. Does nothing without one.
if [ -n "\${EGRESS_PROXY_URI:-}" ]; then
  for name in ${ADDRESS.join(' ')} \${EGRESS_PROXY_VARIABLES:-}; do
    export "$name=$EGRESS_PROXY_URI"
  done
  for name in ${EXCEPTIONS.join(' ')}; do
    export "$name=\${EGRESS_NO_PROXY:-}"
  done
  unset name
fi
`;

function exceptions({ noProxy }: ProxySettings): string {
  return [...new Set([...OWN, ...noProxy])].join(',');
}
