/** Names and values of variables. */
export type Variables = Readonly<Record<string, string>>;

/** What a provider alone reads: no expression of a configuration gets at it, since the engine's process never has it. */
const PREFIXES: Readonly<Record<string, string>> = {
  'cloudfoundry/cloudfoundry': 'CF_',
  'kreuzwerker/docker': 'DOCKER_',
};

/** Providers that run by themselves, each in a container of its own. */
export const SEPARATE: ReadonlySet<string> = new Set(Object.keys(PREFIXES));

/** The way to the outside, which everybody needs. */
const SHARED = /^(?:https?|no)_proxy$/i;

/** Lines of `NAME=VALUE`, as the variable EGRESS_CONFIG and the secret EGRESS_PLAN hold them. */
export function readVariables(lines: string): Variables {
  return Object.fromEntries(
    lines
      .split(/\r?\n/)
      .filter((line) => /^[A-Za-z_]\w*=/.test(line))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

/** For the engine: what reads the state, and the program's variables. */
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
