import { accessRule, type AccessRule, EVERY_PORT, namesOfRules, type RuleList } from './rule-list';
import { isHarmless, parseCaddyfile, printDirective, type Directive, Substituted } from './caddyfile';
import type { Variable } from './facts';
import { fingerprint } from './fingerprint';
import { readOr } from './unreadable';
import { Intervals } from './intervals';
import type { Unknown } from './reach';

/** What a Caddyfile says about where its forward proxy leads. */
export interface ForwardProxy {
  readonly lists: readonly RuleList[];
  readonly unknown: readonly Unknown[];
  readonly restraints: readonly Unknown[];
  readonly ports: Intervals;
}

/** As long as this applies, clients without credentials are refused. */
export const ASKS: Unknown = { token: 'credentials', because: 'it asked for credentials' };

/** Whoever gets to port 2019 of the proxy itself otherwise, as by a name that leads there, gives it another configuration. */
const CLOSED: Unknown = { token: 'admin off', because: 'its admin endpoint was off' };

/** Variables that the platform sets. */
const FIXED: ReadonlyMap<string, string> = new Map([['PORT', '8080']]);

/** Directives that aren't modelled and may be named in a comment; no other text of the file is shown. */
const NAMES: ReadonlySet<string> = new Set([
  ...['abort', 'encode', 'error', 'file_server', 'header', 'hosts', 'log', 'redir', 'respond', 'root', 'tls'],
  ...['acl', 'admin', 'allow', 'allow_file', 'bind', 'default_bind', 'deny', 'deny_file', 'handle', 'handle_errors'],
  ...['handle_path', 'import', 'invoke', 'map', 'php_fastcgi', 'ports', 'request_header', 'reverse_proxy', 'rewrite'],
  ...['route', 'servers', 'upstream', 'uri', 'vars'],
]);
/** @throws if Caddy wouldn't accept it either, or for rare syntax */
export function readForwardProxy(text: string, environment: ReadonlyMap<string, Variable>): ForwardProxy {
  const substituted = new Substituted(text, environment, FIXED);
  const reader = new Reader(substituted);
  for (const hidden of substituted.lines) reader.hidden(hidden);
  reader.file(parseCaddyfile(substituted.text));
  return reader.result();
}

/** Undefined unless each word is a port. */
export function portsIn(words: readonly string[]): Intervals | undefined {
  const isPort = (word: string): boolean => /^[0-9]{1,5}$/.test(word) && EVERY_PORT.includes(Number(word));
  return words.length > 0 && words.every(isPort) ? Intervals.points(...words.map(Number)) : undefined;
}

interface Block extends RuleList {
  /** Who may use it; empty if everybody may. */
  readonly users: readonly string[];
  /** Whether a request that it doesn't handle goes on to the next block. */
  readonly passesOn: boolean;
}

class Reader {
  private readonly blocks: Block[] = [];
  private readonly unknown: Unknown[] = [];
  private readonly restraints: Unknown[] = [];
  private ports = Intervals.NONE;
  private readonly times = new Map<string, number>();
  /** The site that is being read. */
  private within: readonly string[] = [];
  /** Where a proxy stands among the directives of a site that are not in a route. */
  private order: readonly string[] = [];

  constructor(private readonly substituted: Substituted) {}

  file(directives: readonly Directive[]): void {
    const [first] = directives;
    const global = first?.words.length === 0 ? first.body : undefined;
    for (const option of global ?? []) this.option(option);
    const rest = global === undefined ? directives : directives.slice(1);
    const [address, ...own] = rest;
    if (address === undefined) return;
    const sites = address.body === undefined ? [{ words: address.words, body: own }] : rest;
    for (const site of sites) this.site(site);
    if (sites.length > 1)
      sites.forEach((site) => {
        this.strange('another site', site, 'site');
      });
  }

  /** A value that may continue with lines of its own, instead of the part of a line that it stands for. */
  hidden({ token, because }: Unknown): void {
    const unknown = {
      token: `lines ${token}`,
      because: `its Caddyfile has a part that may be more than a word (${because})`,
    };
    this.unknown.push(unknown);
    this.restraints.push(unknown);
  }

  result(): ForwardProxy {
    const end = this.blocks.findIndex(({ users, passesOn }) => users.length === 0 || !passesOn);
    const asked = end === -1 ? this.blocks : this.blocks.slice(0, end + 1);
    if (asked.every(({ users }) => users.length > 0)) {
      this.restraints.push(ASKS);
    }
    const open = asked.filter((list) => !namesOfRules(list).isEmpty);
    return {
      lists: open.flatMap(({ users, ports, rules }): RuleList[] =>
        open.length > 1 && users.length > 0 && users.every((user) => this.known(user))
          ? users.map((client) => ({ client, ports, rules }))
          : [{ ports, rules }],
      ),
      unknown: this.unknown,
      restraints: this.restraints,
      ports: this.ports,
    };
  }

  private option(option: Directive): void {
    const [name] = option.words;
    if (!isHarmless(option, 'option')) this.strange('the option', option, 'option');
    else if (name === 'admin') this.restraints.push(CLOSED);
    else if (name === 'order') this.order = [...this.order, printDirective(option)];
  }

  private site({ words, body = [] }: Directive): void {
    this.within = words;
    for (const address of words.flatMap((word) => word.split(',')).filter((word) => word !== '')) {
      const [, port] = /^(?:https?:\/\/)?:([0-9]{1,5})$/.exec(address) ?? [];
      if (port === undefined || !EVERY_PORT.includes(Number(port)))
        this.strange('the address', { words: [address] }, 'address');
      else this.ports = this.ports.union(Intervals.points(Number(port)));
    }
    this.directives(body, false);
  }

  private directives(directives: readonly Directive[], inOrder: boolean): void {
    for (const directive of directives) {
      const [name = '', ...args] = directive.words;
      if (isHarmless(directive, 'directive')) continue;
      if (isHarmless(directive, 'answer') && inOrder && this.blocks.length > 0) continue;
      if (name === 'route' && args.length === 0 && directive.body !== undefined) this.directives(directive.body, true);
      else if (name === 'forward_proxy' && args.length === 0) this.proxy(directive.body ?? []);
      // What it gets depends on the proxies before it.
      else
        this.strange(
          'the directive',
          directive,
          `directive ${inOrder ? 'in order' : this.order.join()} behind ${this.blocks.length}`,
        );
    }
  }

  private proxy(body: readonly Directive[]): void {
    const users = body.filter(({ words }) => words[0] === 'basic_auth').map(({ words }) => words[1] ?? '');
    const ports = body.filter(({ words }) => words[0] === 'ports');
    const place = `proxy ${this.blocks.length} of ${users.join()}`;
    for (const setting of body) {
      const [name = ''] = setting.words;
      const isList = setting.words.length === 1 && name === 'acl';
      if (isList || (name === 'ports' && setting.body === undefined) || isHarmless(setting, 'setting')) continue;
      this.strange(name === 'upstream' ? 'another proxy, which decides by itself:' : 'the setting', setting, place);
    }
    this.blocks.push({
      ports:
        ports.length === 0 ? EVERY_PORT : ports.map((each) => this.portsOf(each, place)).reduce((a, b) => a.union(b)),
      rules: this.rules(
        body.flatMap((setting) => (setting.words[0] === 'acl' ? (setting.body ?? []) : [])),
        place,
      ),
      users,
      passesOn: body.some(({ words }) => words[0] === 'probe_resistance'),
    });
  }

  private portsOf(setting: Directive, place: string): Intervals {
    const ports = portsIn(setting.words.slice(1));
    if (ports === undefined) this.strange('the ports', setting, place);
    return ports ?? Intervals.NONE;
  }

  private rules(acl: readonly Directive[], proxy: string): AccessRule[] {
    return acl.flatMap((line, index) => {
      const [verb = '', ...subjects] = line.words;
      // Rules with the other verdict that come before a rule reduce what it decides.
      const others = acl.slice(0, index).filter(({ words }) => words[0]?.slice(0, 4) !== verb.slice(0, 4));
      const place = [proxy, ...others.map(printDirective).sort()].join('\n');
      if ((verb !== 'allow' && verb !== 'deny') || subjects.length === 0 || line.body !== undefined) {
        const file = verb === 'allow_file' || verb === 'deny_file';
        this.strange(file ? 'a list in a file, which is not here:' : 'the rule', line, place);
        return [];
      }
      return subjects.flatMap((subject) => {
        if (!this.known(subject)) {
          this.strange('the rule', { words: [verb, subject] }, place);
          return [];
        }
        return readOr<AccessRule | AccessRule[]>(
          () => accessRule(verb, subject) ?? [],
          () => {
            this.strange('the rule', { words: [verb, subject] }, place);
            return [];
          },
        );
      });
    });
  }

  private known(part: string): boolean {
    return this.substituted.unknownIn(part).length === 0;
  }

  /** A setting that isn't understood may open something when it is added, removed or moved. */
  private strange(what: string, directive: Directive, place: string): void {
    const printed = printDirective(directive);
    const token = `caddy ${this.substituted.tokenOf([...this.within, place, what, printed].join('\n'))}`;
    const times = (this.times.get(token) ?? 0) + 1;
    this.times.set(token, times);
    const [cause] = this.substituted.unknownIn(printed);
    const [name = ''] = directive.words;
    const shown = NAMES.has(name) ? `${name} (${fingerprint(printed)})` : fingerprint(printed);
    const unknown = {
      token: times === 1 ? token : `${token}\n${times} times`,
      because: cause?.because ?? `its Caddyfile has ${what} ${shown}, which the review does not support`,
    };
    this.unknown.push(unknown);
    this.restraints.push(unknown);
  }
}
