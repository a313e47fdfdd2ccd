/** Names and values of variables. */
export type Variables = Readonly<Record<string, string>>;

/**
 * What only a provider reads: no expression of a configuration can access it, because the engine's process doesn't have
 * it.
 */
const PREFIXES: Readonly<Record<string, string>> = {
  'cloudfoundry/cloudfoundry': 'CF_',
  'kreuzwerker/docker': 'DOCKER_',
};

/** Providers that run separately, each in its own container. */
export const SEPARATE: ReadonlySet<string> = new Set(Object.keys(PREFIXES));

/** Proxy settings, which every process needs. */
const SHARED = /^(?:https?|no)_proxy$/i;

/** Lines of `NAME=VALUE`, as in the variable EGRESS_CONFIG and the secret EGRESS_PLAN. */
export function readVariables(lines: string): Variables {
  return Object.fromEntries(
    lines
      .split(/\r?\n/)
      .filter((line) => /^[A-Za-z_]\w*=/.test(line))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

/** For the engine: access to the state, and the program's variables. */
export function forEngine(variables: Variables): Variables {
  return pick(variables, (name) => !Object.values(PREFIXES).some((prefix) => name.startsWith(prefix)));
}

/** @param provider `namespace/name` */
export function forProvider(provider: string, variables: Variables): Variables {
  const prefix = PREFIXES[provider];
  return pick(variables, (name) => SHARED.test(name) || (prefix !== undefined && name.startsWith(prefix)));
}

function pick(variables: Variables, holds: (name: string) => boolean): Variables {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => holds(name)));
}
