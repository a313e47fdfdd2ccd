import type { Destination } from '../../constructs/values/destination';
import { daysBetween, isOver } from '../../constructs/values/day';
import { holds, wider } from '../../constructs/values/host-name';
import type { AllowlistFacts, AllowlistLine } from '../model/facts';
import type { Model } from '../model/model';
import { isPublicSuffix } from '../model/names';
import { EVERY_NAME } from '../model/rule-list';
import { proxies } from './proxies';
import { say } from '../phrase';
import type { Level, Observation, Rule } from '.';
import { WARNING_DAYS } from '../limits';
import { grouped } from '../model/maps';

/** Domains under which customers get names but that aren't on the public suffix list. */
const TENANTS_BELOW: ReadonlySet<string> = new Set([
  'amazonaws.com',
  'azure.com',
  'azure.net',
  'githubusercontent.com',
  'google.com',
  'googleusercontent.com',
  'vpce.amazonaws.com',
  'windows.net',
]);

/** Hosts that serve every customer by path. Regional S3 hosts are found with the public suffix list. */
const TENANTS_BY_PATH: ReadonlySet<string> = new Set([
  'api.github.com',
  'bitbucket.org',
  'gist.githubusercontent.com',
  'github.com',
  'gitlab.com',
  'pastebin.com',
  'raw.githubusercontent.com',
  'storage.googleapis.com',
]);

export const allowlistPublicSuffix: Rule = {
  id: 'allowlist-public-suffix',
  title: 'an allowlist with a whole top-level domain, or a domain under which anyone can get a name',
  why: 'an attacker can register a name there, and it is already allowed; list the hosts you need',
  acknowledgeable: true,
  check: (model) =>
    allowed(model, 'error', ({ kind, name }) =>
      kind === 'domain' && (isPublicSuffix(name) || TENANTS_BELOW.has(name))
        ? `anyone can get a name below .${name}, and all of these names are allowed`
        : undefined,
    ),
};

export const allowlistSharedHost: Rule = {
  id: 'allowlist-shared-host',
  title: 'an allowlist with a host that many tenants share',
  why: 'a proxy sees host names but not paths: an upload to a stranger’s bucket looks the same as one to yours',
  acknowledgeable: true,
  check: (model) =>
    allowed(model, 'warning', ({ kind, name }) =>
      kind === 'host' && (isPublicSuffix(name) || TENANTS_BY_PATH.has(name))
        ? `${name} serves all of its tenants under this name: list your own host (BUCKET.${name}) if there is one`
        : undefined,
    ),
};

export const destinationPrivateRange: Rule = {
  id: 'destination-private-range',
  title: 'a destination inside private networks',
  why: 'through the proxy, clients reach addresses in the platform’s network that their own space does not open',
  acknowledgeable: true,
  check: (model) =>
    destinations(model, 'warning', ({ ranges }) =>
      ranges.length > 0 ? `the name can resolve into ${ranges.join(', ')}` : undefined,
    ),
};

export const destinationAnyProtocol: Rule = {
  id: 'destination-any-protocol',
  title: 'a destination whose tunnels can carry any protocol',
  why: 'the proxy does not check the server name inside the tunnel, so clients also reach other sites at the same address',
  acknowledgeable: true,
  check: (model) =>
    destinations(model, 'warning', ({ nameCheck }, proxy) =>
      nameCheck || model.proxies.isForward(proxy)
        ? undefined
        : 'its tunnels are not checked for the TLS server name: remove /tcp (withoutNameCheck) if it uses TLS',
    ),
};

export const destinationEnd: Rule = {
  id: 'destination-end',
  title: 'a destination that expires within 14 days, or has expired',
  why: 'the proxy refuses it from the next day on; set a later date if you still need it, or remove it',
  acknowledgeable: true,
  check: (model) =>
    lines(model, ({ end }) => {
      if (end === undefined || model.today === '') return undefined;
      const left = daysBetween(model.today, end);
      if (left < 0) return ['warning', 'it has expired, and is refused'];
      return left <= WARNING_DAYS ? ['warning', `it ends ${IN_WORDS[left] ?? `in ${left} days`}`] : undefined;
    }),
};

const IN_WORDS: readonly string[] = ['today', 'tomorrow'];

const ADDRESS = /^\[?(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9a-f]*:[0-9a-f]*:[0-9a-f:.]*)/i;
const METADATA = /^\[?(?:169\.254\.|fd00:ec2:|metadata\.google\.internal)/i;

export const destinationAddress: Rule = {
  id: 'destination-address',
  title: 'a destination that is an address',
  why: 'an address does not identify who answers there, and metadata addresses give out credentials; the proxy does not start',
  acknowledgeable: false,
  check: (model) =>
    lines(model, ({ text }) => {
      if (METADATA.test(text)) return ['error', `'${text}' is the address of the platform's metadata service`];
      return ADDRESS.test(text) ? ['error', `'${text}' is an address: write the host's name`] : undefined;
    }),
};

export const allowlistUnreadable: Rule = {
  id: 'allowlist-unreadable',
  title: 'an allowlist with a line that is not a destination',
  why: 'a new instance does not start with it, and the old ones keep the old list',
  acknowledgeable: false,
  check: (model) =>
    lines(model, ({ text, error }) =>
      error === undefined || ADDRESS.test(text) || METADATA.test(text) ? undefined : ['error', error],
    ),
};

export const allowlistCovered: Rule = {
  id: 'allowlist-covered',
  title: 'an allowlist entry that another one covers',
  why: 'removing the entry would close nothing, which a reviewer will not expect',
  acknowledgeable: true,
  *check(model) {
    for (const { id, name, allowlist, origin } of proxies(model)) {
      const listed = listedIn(allowlist);
      const candidates = byPattern(listed);
      for (const line of listed) {
        const cover = candidates(line.destination.pattern).find(
          (other) => other !== line && isFor(other, line) && other.destination.covers(line.destination),
        );
        // Of two equal lines, only the later one is redundant.
        const twin =
          cover?.destination.toString() === line.destination.toString() && listed.indexOf(cover) > listed.indexOf(line);
        if (cover === undefined || twin) continue;
        yield {
          level: 'warning',
          subject: id,
          detail: line.text,
          message: say`${name}: ${line.text} is already allowed by ${cover.text}`,
          origin,
        };
      }
    }
  },
};

export const exceptionListed: Rule = {
  id: 'exception-listed',
  title: 'an exception that another entry of the list opens',
  why: 'an exception applies to its own entry only, so a reader will think that something open is closed',
  acknowledgeable: true,
  *check(model) {
    for (const { id, name, allowlist, origin } of proxies(model)) {
      const listed = listedIn(allowlist);
      const candidates = byPattern(listed);
      for (const line of listed.filter(({ end }) => !isOver(end, model.today))) {
        for (const exception of line.destination.exceptions) {
          const opener = candidates(exception).find(
            (other) =>
              other !== line &&
              isFor(other, line) &&
              !isOver(other.end, model.today) &&
              other.destination.ports.some((port) => line.destination.ports.includes(port)) &&
              !other.destination.exceptions.some((own) => holds(own, exception)),
          );
          if (opener === undefined) continue;
          yield {
            level: 'warning',
            subject: id,
            detail: `${line.text} ${exception}`,
            message: say`${name}: ${line.text} excepts ${exception}, which ${opener.text} opens`,
            origin,
          };
        }
      }
    }
  },
};

type Listed = AllowlistLine & { readonly destination: Destination };

function listedIn(allowlist: AllowlistFacts | undefined): Listed[] {
  return (allowlist?.lines ?? []).flatMap((line) =>
    line.destination === undefined ? [] : [{ ...line, destination: line.destination }],
  );
}

/** Whether everyone to whom the one line applies also has the other one. */
function isFor(line: AllowlistLine, other: AllowlistLine): boolean {
  return line.client === undefined || line.client === other.client;
}

/** The lines whose pattern contains all names of a given one. */
function byPattern(lines: readonly Listed[]): (pattern: string) => Listed[] {
  const index = grouped(lines, ({ destination }) => destination.pattern);
  return (pattern) => [pattern, ...wider(pattern)].flatMap((each) => index.get(each) ?? []);
}

function destinations(
  model: Model,
  level: Level,
  tell: (destination: Destination, proxy: string) => string | undefined,
): Iterable<Observation> {
  return lines(model, ({ destination }, proxy) => {
    const said = destination === undefined ? undefined : tell(destination, proxy);
    return said === undefined ? undefined : [level, said];
  });
}

/** Names that a list allows, whether it consists of destinations or of rules. */
function* allowed(
  model: Model,
  level: Level,
  tell: (named: Pick<Destination, 'kind' | 'name'>) => string | undefined,
): Generator<Observation> {
  yield* destinations(model, level, tell);
  for (const { id, name, origin } of proxies(model)) {
    for (const { text, allow, pattern } of model.proxies.listsFor(id).flatMap(({ rules }) => rules)) {
      if (!allow || pattern === EVERY_NAME) continue;
      const domain = pattern.startsWith('.');
      const said = tell({ kind: domain ? 'domain' : 'host', name: domain ? pattern.slice(1) : pattern });
      if (said === undefined) continue;
      yield { level, subject: id, detail: text, message: say`${name}, ${text}: ${[said]}`, origin };
    }
  }
}

function* lines(
  model: Model,
  tell: (line: AllowlistLine, proxy: string) => readonly [Level, string] | undefined,
): Generator<Observation> {
  for (const { id, name, allowlist, origin } of proxies(model)) {
    for (const line of allowlist?.lines ?? []) {
      const [level, message] = tell(line, id) ?? [];
      if (level === undefined || message === undefined) continue;
      yield { level, subject: id, detail: line.text, message: say`${name}, ${line.text}: ${[message]}`, origin };
    }
  }
}
