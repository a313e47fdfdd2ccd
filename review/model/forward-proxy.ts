import { accessRule } from './access-rule';
import { parseCaddyfile, printDirective, type Directive } from './caddyfile';
import type { Variable } from './facts';
import { fingerprint } from './fingerprint';
import { Intervals } from './intervals';
import { Substituted } from './placeholders';
import type { Unknown } from './reach';
import { type AccessRule, EVERY_PORT, namesOfRules, type RuleList } from './rule-list';

/** What a Caddyfile says about where its forward proxy leads. */
export interface ForwardProxy {
  readonly lists: readonly RuleList[];
  readonly unknown: readonly Unknown[];
  readonly restraints: readonly Unknown[];
  readonly ports: Intervals;
}

/** What the platform tells an application to listen on. */
const FIXED = { PORT: '8080' };

/** Directives that neither let a request through nor hold one back. */
const HARMLESS: ReadonlySet<string> = new Set(['encode', 'header', 'log', 'root', 'tls']);
/** Those that answer a request themselves: before a proxy they hold back, after it they are never asked. */
const ANSWERS: ReadonlySet<string> = new Set(['abort', 'error', 'file_server', 'redir', 'respond']);
const HARMLESS_OPTIONS: ReadonlySet<string> = new Set([
  'auto_https',
  'debug',
  'email',
  'grace_period',
  'log',
  'order',
  'persist_config',
  'shutdown_delay',
  'skip_install_trust',
]);
/** What is not read and may be told by its name; any other text stands in no comment. */
const NAMES: ReadonlySet<string> = new Set([
  ...ANSWERS,
  ...['acl', 'admin', 'allow', 'allow_file', 'bind', 'default_bind', 'deny', 'deny_file', 'handle', 'handle_errors'],
  ...['handle_path', 'import', 'invoke', 'map', 'php_fastcgi', 'ports', 'request_header', 'reverse_proxy', 'rewrite'],
  ...['route', 'servers', 'upstream', 'uri', 'vars'],
]);
/** Of `forward_proxy`: what it says about itself, and how long it waits. */
const HARMLESS_SETTINGS: ReadonlySet<string> = new Set([
  'dial_timeout',
  'hide_ip',
  'hide_via',
  'hosts',
  'probe_resistance',
  'serve_pac',
]);

/** @throws if Caddy would not read it either, or what is rare */
export function readForwardProxy(text: string, environment: ReadonlyMap<string, Variable>): ForwardProxy {
  const substituted = new Substituted(text, environment, FIXED);
  const reader = new Reader(substituted);
  reader.file(parseCaddyfile(substituted.text));
  return reader.result();
}

interface Block extends RuleList {
  /** Who may ask it; none for one that everybody may ask. */
  readonly users: readonly string[];
  /** Whether a request that it does not take goes on to the next. */
  readonly passesOn: boolean;
}

class Reader {
  private readonly blocks: Block[] = [];
  private readonly unknown: Unknown[] = [];
  private readonly restraints: Unknown[] = [];
  private ports = Intervals.NONE;

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
        this.strange('a site beside others', site);
      });
  }

  result(): ForwardProxy {
    const end = this.blocks.findIndex(({ users, passesOn }) => users.length === 0 || !passesOn);
    const asked = end === -1 ? this.blocks : this.blocks.slice(0, end + 1);
    if (asked.every(({ users }) => users.length > 0)) {
      this.restraints.push({ token: 'credentials', because: 'it asked for credentials' });
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
    const [name = ''] = option.words;
    const off = name === 'admin' && option.words[1] === 'off' && option.body === undefined;
    if (!off && !HARMLESS_OPTIONS.has(name)) this.strange('the option', option);
  }

  private site({ words, body = [] }: Directive): void {
    for (const address of words.flatMap((word) => word.split(',')).filter((word) => word !== '')) {
      const [, port] = /^(?:https?:\/\/)?:([0-9]{1,5})$/.exec(address) ?? [];
      if (port === undefined || !EVERY_PORT.includes(Number(port))) this.strange('the address', { words: [address] });
      else this.ports = this.ports.union(Intervals.of([Number(port), Number(port)]));
    }
    this.directives(body, false);
  }

  private directives(directives: readonly Directive[], inOrder: boolean): void {
    for (const directive of directives) {
      const [name = '', ...args] = directive.words;
      if (HARMLESS.has(name)) continue;
      if (ANSWERS.has(name) && inOrder && this.blocks.length > 0) continue;
      if (name === 'route' && args.length === 0 && directive.body !== undefined) this.directives(directive.body, true);
      else if (name === 'forward_proxy' && args.length === 0) this.proxy(directive.body ?? []);
      else this.strange('the directive', directive);
    }
  }

  private proxy(body: readonly Directive[]): void {
    const users = body.filter(({ words }) => words[0] === 'basic_auth').map(({ words }) => words[1] ?? '');
    const ports = body.filter(({ words }) => words[0] === 'ports');
    for (const setting of body) {
      const [name = ''] = setting.words;
      if (name === 'upstream') this.strange('another proxy, which decides by itself:', setting);
      else if (!HARMLESS_SETTINGS.has(name) && !['acl', 'basic_auth', 'ports'].includes(name)) {
        this.strange('the setting', setting);
      }
    }
    this.blocks.push({
      ports: ports.length === 0 ? EVERY_PORT : ports.map((each) => this.portsOf(each)).reduce((a, b) => a.union(b)),
      rules: body.filter(({ words }) => words[0] === 'acl').flatMap((acl) => this.rules(acl.body ?? [])),
      users,
      passesOn: body.some(({ words }) => words[0] === 'probe_resistance'),
    });
  }

  private portsOf(setting: Directive): Intervals {
    const numbers = setting.words.slice(1).map((word) => (/^[0-9]{1,5}$/.test(word) ? Number(word) : 0));
    if (numbers.length === 0 || numbers.some((port) => port < 1 || port > 65535)) {
      this.strange('the ports', setting);
      return Intervals.NONE;
    }
    return Intervals.of(...numbers.map((port) => [port, port] as const));
  }

  private rules(acl: readonly Directive[]): AccessRule[] {
    return acl.flatMap((line) => {
      const [verb = '', ...subjects] = line.words;
      if ((verb !== 'allow' && verb !== 'deny') || subjects.length === 0 || line.body !== undefined) {
        const file = verb === 'allow_file' || verb === 'deny_file';
        this.strange(file ? 'a list in a file, which is not here:' : 'the rule', line);
        return [];
      }
      return subjects.flatMap((subject) => {
        if (!this.known(subject)) {
          this.strange('the rule', { words: [verb, subject] });
          return [];
        }
        try {
          return accessRule(verb, subject) ?? [];
        } catch {
          this.strange('the rule', { words: [verb, subject] });
          return [];
        }
      });
    });
  }

  private known(part: string): boolean {
    return this.substituted.unknownIn(part).length === 0;
  }

  /** What is not understood may open something when it comes, and when it goes. */
  private strange(what: string, directive: Directive): void {
    const printed = printDirective(directive);
    const [cause] = this.substituted.unknownIn(printed);
    const [name = ''] = directive.words;
    const shown = NAMES.has(name) ? `${name} (${fingerprint(printed)})` : fingerprint(printed);
    const unknown = {
      token: `caddy ${this.substituted.tokenOf(printed)}`,
      because: cause?.because ?? `its Caddyfile has ${what} ${shown}, which is not read here`,
    };
    this.unknown.push(unknown);
    this.restraints.push(unknown);
  }
}
