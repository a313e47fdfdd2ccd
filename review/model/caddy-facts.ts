import { accessRule, type AccessRule, EVERY_PORT, type RuleList } from './rule-list';
import type { AllowlistFacts, AllowlistLine, Variable } from './facts';
import { fingerprint, sha256 } from './fingerprint';
import { readOr } from './unreadable';
import { ASKS, portsIn, readForwardProxy } from './forward-proxy';
import { Intervals } from './intervals';
import { isWord } from './caddyfile';
import type { Unknown } from './reach';

const ALLOWED = 'PROXY_ALLOW';
const DENIED = 'PROXY_DENY';
const PORTS = 'PROXY_PORTS';
const LISTS = [ALLOWED, DENIED, PORTS];
const CREDENTIALS = 'PROXY_PASSWORD';
const CONFIGURATION = 'CONFIG_CONTENT';

/**
 * Variables besides the lists that open nothing: credentials, which matter only to those who have them, and the log
 * level. The program may insert them into a line of a Caddyfile, so a value of more than one word doesn't count as
 * harmless.
 */
const HARMLESS = /^(?:CADDY_LOG_LEVEL|PROXY_(?:RANDOM_)?(?:USERNAME|PASSWORD)(?:_.+)?)$/;

/** An application listens on 8080, and the platform terminates TLS for it on 61443; an image may use another port. */
const PLATFORM_PORTS = Intervals.points(8080, 61443);
const DEFAULT_PORTS = '443';

/**
 * The variables that a Caddyfile refers to, whose values are inserted. Other names, such as `LD_PRELOAD` and
 * `HTTPS_PROXY`, may also affect the system or the program, whether or not a Caddyfile refers to them.
 */
function namesIn(caddyfile: Variable | undefined): Set<string> {
  const text = typeof caddyfile === 'string' ? caddyfile : '';
  return new Set([...text.matchAll(/\{\$(PROXY_[^}:]+)/g)].map(([, name = '']) => name));
}

/**
 * What the environment of GSA-TTS's egress proxy, a Caddy with forwardproxy, says: three variables, or a whole
 * Caddyfile.
 *
 * @param anyPort whether something other than the platform determines the port: an image or a sidecar
 * @see https://github.com/GSA-TTS/cg-egress-proxy
 */
export function caddyFacts(environment: ReadonlyMap<string, Variable>, anyPort: boolean): AllowlistFacts | undefined {
  const [listed, written] = [fromVariables(environment), fromCaddyfile(environment.get(CONFIGURATION), environment)];
  const both = listed === undefined || written === undefined ? undefined : besideEachOther(environment);
  const facts = [listed, written, both].flatMap((each) => each ?? []);
  if (facts.length === 0) return undefined;
  const understood = new Set([
    ...(listed === undefined ? [] : LISTS),
    ...(written === undefined ? [] : [CONFIGURATION, ...namesIn(environment.get(CONFIGURATION))]),
  ]);
  const isUnderstood = ([name, value]: [string, Variable]): boolean =>
    understood.has(name) || (HARMLESS.test(name) && (typeof value === 'string' ? isWord(value) : value.word === true));
  return {
    lines: facts.flatMap(({ lines }) => lines),
    lists: facts.flatMap(({ lists = [] }) => lists),
    unknown: facts.flatMap(({ unknown }) => unknown),
    restraints: facts.flatMap(({ restraints = [] }) => restraints),
    variables: new Set([...environment].filter(isUnderstood).map(([name]) => name)),
    ports: anyPort ? EVERY_PORT : facts.reduce((sum, { ports }) => sum.union(ports ?? Intervals.NONE), PLATFORM_PORTS),
  };
}

/** Denials come first, then what is allowed, then everything else is denied. */
function fromVariables(environment: ReadonlyMap<string, Variable>): AllowlistFacts | undefined {
  if (!LISTS.some((name) => environment.has(name))) return undefined;
  const values = LISTS.map((name): [string, Variable] => [name, environment.get(name) ?? '']);
  const hidden = values.flatMap(([name, value]) =>
    typeof value === 'string' ? [] : [{ ...value, because: `${name} can't be read: ${value.because}` }],
  );
  const text = (name: string): string => {
    const value = environment.get(name) ?? '';
    return typeof value === 'string' ? value : '';
  };
  const wrong: AllowlistLine[] = [];
  const rules = (
    [
      ['deny', DENIED],
      ['allow', ALLOWED],
    ] as const
  ).flatMap(([verb, name]) =>
    subjectsOf(text(name)).flatMap((subject) =>
      readOr<AccessRule | AccessRule[]>(
        () => accessRule(verb, subject) ?? [],
        () => {
          wrong.push({
            text: fingerprint(subject),
            error: `a part of ${name} (${fingerprint(subject)}) is not valid, so Caddy does not start`,
          });
          return [];
        },
      ),
    ),
  );
  const ports = portsIn((text(PORTS) || DEFAULT_PORTS).split(/[ \t]+/).filter((word) => word !== ''));
  const unreadable =
    ports === undefined ? [{ token: `ports ${text(PORTS)}`, because: `${PORTS} is not a list of ports` }] : [];
  const lists: RuleList[] = [{ ports: ports ?? Intervals.NONE, rules: [...rules, ...all('deny')] }];
  const lines = wrong.map(({ text: line }) => ({
    token: `line ${line}`,
    because: `the list has a part that can't be read (${line})`,
  }));
  const credentials = (environment.get(CREDENTIALS) ?? '') === '' ? [] : [ASKS];
  const restraints = [...credentials, ...hidden, ...lines];
  return { lines: wrong, lists, unknown: [...hidden, ...unreadable, ...lines], restraints };
}

/** One release of the proxy reads only the Caddyfile, an older one only the lists. */
function besideEachOther(environment: ReadonlyMap<string, Variable>): AllowlistFacts {
  const texts = [CONFIGURATION, ...LISTS].map((name) => environment.get(name) ?? '');
  const token = texts.map((text) => (typeof text === 'string' ? text : text.token)).join('\n');
  const because = `${CONFIGURATION} is set beside ${ALLOWED} and the like, and it is unknown which of them applies`;
  const unknown = [{ token: `both ${token}`, because }];
  return { lines: [], unknown, restraints: unknown };
}

function all(verb: 'allow' | 'deny') {
  const rule = accessRule(verb, 'all');
  return rule === undefined ? [] : [rule];
}

/** Splits them as the proxy's script does: at spaces and line ends, but not at tabs. */
function subjectsOf(text: string): string[] {
  return text.split(/ |\r?\n/).filter((part) => part.trim() !== '');
}

function fromCaddyfile(
  value: Variable | undefined,
  environment: ReadonlyMap<string, Variable>,
): AllowlistFacts | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string') {
    const hidden: Unknown = { ...value, because: `${CONFIGURATION} can't be read: ${value.because}` };
    return { lines: [], unknown: [hidden], restraints: [hidden], ports: EVERY_PORT };
  }
  if (!value.includes('forward_proxy')) return undefined;
  return readOr<AllowlistFacts>(
    () => ({ lines: [], ...readForwardProxy(value, environment) }),
    () => {
      const unread: Unknown = {
        token: `caddyfile ${sha256(value)}`,
        because: `the Caddyfile in ${CONFIGURATION} can't be read (${fingerprint(value)})`,
      };
      return { lines: [], unknown: [unread], restraints: [unread], ports: EVERY_PORT };
    },
  );
}
