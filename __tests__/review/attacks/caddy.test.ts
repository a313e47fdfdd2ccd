import fc from 'fast-check';
import { drawn } from '../../support/laws';
import type { Change } from '../support/plan';
import { app, changed, fixed, reviewed, stopped, type Values } from './attempts';

type Environment = Readonly<Record<string, string>>;

/** GSA-TTS's egress proxy with a client, by its environment before and after. */
const CLIENT: readonly Change[] = [
  fixed('cloudfoundry_app.web', app('web')),
  fixed('cloudfoundry_network_policy.p', {
    policies: [{ source_app: 'id of web', destination_app: 'id of proxy', port: '61443', protocol: 'tcp' }],
  }),
];
const runs = (environment: Environment): Values => app('proxy', { buildpacks: ['binary_buildpack'], environment });
const between = (before: Environment, after: Environment, sensitive: object = {}): Change[] => [
  ...CLIENT,
  changed('cloudfoundry_app.proxy', runs(before), { environment: after }, sensitive),
];

/** The places where a line can be. */
const PLACES = ['option', 'of the global log', 'site', 'of the log', 'before', 'behind', 'setting', 'rule'] as const;
type Place = (typeof PLACES)[number];

/** A Caddyfile with two proxies, and an additional line in one of the places. */
function caddyfile(place?: Place, line = ''): string {
  const at = (here: Place): string => (here === place ? line : '');
  return [
    '{',
    ...['debug', 'log {', 'format console', at('of the global log'), '}', 'auto_https off', at('option'), '}'],
    ':{$PORT} {',
    at('site'),
    ...['log {', 'format json', at('of the log'), '}', 'tls cert.pem key.pem'],
    ...['route {', at('before')],
    ...['forward_proxy {', 'basic_auth web {$PROXY_PASSWORD_web}', 'probe_resistance', 'acl {'],
    ...['deny raw.example.gov', at('rule'), 'allow *.example.gov', 'deny all', '}', at('setting'), 'ports 443', '}'],
    ...['forward_proxy {', 'basic_auth no body', 'acl {', 'deny all', '}', '}', at('behind'), '}'],
    '}',
  ].join('\n');
}

const PASSWORD = { PROXY_PASSWORD_web: 'secret' };
const content = (text: string): Environment => ({ CONFIG_CONTENT: text, ...PASSWORD });
const told = (before: string, after: string): boolean => stopped(between(content(before), content(after)));

/** Words from Caddy's documentation, and words from none, for lines with and without braces. */
const NAMES = [
  ...['abort', 'acme_server', 'admin', 'allow_file', 'auto_https', 'basic_auth', 'bind', 'ca', 'cert_issuer'],
  ...['client_auth', 'copy_response', 'default_bind', 'default_sni', 'deny_file', 'dial_timeout', 'dns', 'email'],
  ...['encode', 'error', 'events', 'file_server', 'forward_auth', 'format', 'grace_period', 'handle'],
  ...['handle_errors', 'handle_path', 'header', 'hide_ip', 'hide_via', 'hosts', 'http_port', 'https_port', 'import'],
  ...['include', 'intercept', 'invoke', 'layer4', 'level', 'log', 'log_append', 'log_skip', 'map', 'metrics'],
  ...['method', 'on_demand_tls', 'order', 'output', 'persist_config', 'php_fastcgi', 'pki', 'ports'],
  ...['probe_resistance', 'push', 'redir', 'renew_interval', 'request_body', 'request_header', 'respond'],
  ...['reverse_proxy', 'rewrite', 'root', 'route', 'sampling', 'serve_pac', 'servers', 'shutdown_delay'],
  ...['skip_install_trust', 'storage', 'templates', 'tls', 'tracing', 'try_files', 'upstream', 'uri', 'vars'],
  ...['wrap', 'forward_proxy', 'acl', 'allow', 'deny', 'nobody_knows_this'],
];
const ARGUMENTS = ['', 'net evil.example:514', 'file /tmp/x', '*', 'off', 'internal', 'https://evil.example', '/x'];
const INNER = ['', '{\n}', '{\nca https://evil.example\n}', '{\noutput net evil.example:514\n}', '{\nmode require\n}'];
const line = fc
  .tuple(fc.constantFrom(...NAMES), fc.constantFrom(...ARGUMENTS), fc.constantFrom(...INNER))
  .map((words) => words.filter((word) => word !== '').join(' '));
const place = fc.constantFrom(...PLACES);

/** Lines that need no approval, by place: the whole table, written independently of the reader's. */
const HARMLESS: Readonly<Record<Place, RegExp>> = {
  option: /^(?:auto_https off|persist_config off|debug|skip_install_trust|log(?: \{\n\})?)$/,
  'of the global log': /^$/,
  site: /^(?:tls (?:internal|file \/tmp\/x)|log(?: \{\n\})?)$/,
  'of the log': /^$/,
  before: /^(?:tls (?:internal|file \/tmp\/x)|log(?: \{\n\})?)$/,
  behind: /^(?:tls (?:internal|file \/tmp\/x)|log(?: \{\n\})?|abort|(?:respond|error)(?: (?:off|internal|\/x))?)$/,
  setting: /^(?:hide_ip|hide_via|probe_resistance(?: (?:off|internal))?|serve_pac(?: (?:off|internal|\/x))?)$/,
  rule: /^$/,
};
/** Lines that the review reads, which other tests cover. */
const READ: Readonly<Partial<Record<Place, RegExp>>> = {
  option: /^admin off$/,
  site: /^(?:forward_proxy|route)(?: \{\n\})?$/,
  before: /^(?:forward_proxy|route)(?: \{\n\})?$/,
  behind: /^(?:forward_proxy|route)(?: \{\n\})?$/,
  setting: /^acl(?: \{\n\})?$/,
  rule: /^deny (?!net|file)(?:internal|off)$/,
};

const isFirst = (where: Place): boolean => where === 'site' || where === 'before';

describe('a line of a Caddyfile', () => {
  it('is reported when it is added, removed or replaced, unless it is harmless in its place', () => {
    fc.assert(
      fc.property(place, line, line, (where, one, other) => {
        fc.pre([one, other].every((each) => READ[where]?.test(each) !== true));
        const [harmless, harmlessToo] = [one, other].map((each) => HARMLESS[where].test(each));
        expect([where, one, told(caddyfile(), caddyfile(where, one))]).toEqual([where, one, !harmless]);
        expect([where, one, told(caddyfile(where, one), caddyfile())]).toEqual([where, one, !harmless]);
        const same = one === other || (harmless && harmlessToo);
        expect([where, one, other, told(caddyfile(where, one), caddyfile(where, other))]).toEqual([
          where,
          one,
          other,
          !same,
        ]);
      }),
      drawn(20),
    );
  });

  it('that disables the admin endpoint opens it when removed', () => {
    const closed = caddyfile('option', 'admin off');
    expect(told(closed, caddyfile())).toBe(true);
    expect(told(caddyfile(), closed)).toBe(false);
  });

  it('that moves the proxy before a directive that answered all requests is reported', () => {
    const ordered = (place: string, answer: string): string =>
      [
        ...['{', `order forward_proxy ${place}`, '}', ':{$PORT} {', answer],
        ...['forward_proxy {', 'acl {', 'allow *.example.gov', 'deny all', '}', '}', '}'],
      ].join('\n');
    expect(told(ordered('last', 'respond "ok"'), ordered('first', 'respond "ok"'))).toBe(true);
    expect(told(ordered('last', ''), ordered('first', ''))).toBe(false);
  });

  it('is reported when it moves to another place', () => {
    fc.assert(
      fc.property(place, place, line, (where, elsewhere, what) => {
        fc.pre(where !== elsewhere);
        fc.pre([where, elsewhere].every((each) => READ[each]?.test(what) !== true));
        // A proxy that was the first one stays the first one.
        fc.pre(!what.startsWith('forward_proxy') || !isFirst(where) || !isFirst(elsewhere));
        const harmless = [where, elsewhere].every((each) => HARMLESS[each].test(what));
        expect([what, told(caddyfile(where, what), caddyfile(elsewhere, what))]).toEqual([what, !harmless]);
      }),
      drawn(20),
    );
  });

  it('is one word for Caddy if a carriage return is all that divides two', () => {
    const [apart, joined] = [' ', '\r'].map((between) => caddyfile('rule', `allow evil${between}corp.example`));
    expect(told(apart ?? '', joined ?? '')).toBe(true);
    expect(told(caddyfile(), caddyfile().replaceAll('\n', '\r\n'))).toBe(false);
  });

  it('is named if it determines where logs go or where certificates come from', () => {
    const because = (after: string): string =>
      (reviewed(between(content(caddyfile()), content(after))).environments[0]?.unknown ?? [])
        .map(({ note }) => JSON.stringify(note))
        .join();
    const [log, tls] = [
      caddyfile('of the log', 'output net evil.example:514'),
      caddyfile('site', 'tls {\nca https://e\n}'),
    ];
    expect(because(log)).toContain('log');
    expect(because(tls)).toContain('tls');
  });

  it('is reported if a list in a file moves after a rule that it would have overruled', () => {
    const rules = (...lines: readonly string[]): string =>
      [':{$PORT} {', 'route {', 'forward_proxy {', 'acl {', ...lines, '}', '}', '}', '}'].join('\n');
    const [first, last] = [
      rules('deny raw.example.gov', 'allow_file x', 'deny all'),
      rules('allow_file x', 'deny raw.example.gov', 'deny all'),
    ];
    expect(told(first, last)).toBe(true);
  });

  it('is reported if it occurs twice', () => {
    expect(told(caddyfile('before', 'vars a b'), caddyfile('before', 'vars a b\nvars a b'))).toBe(true);
  });
});

describe('a variable of GSA-TTS’s egress proxy', () => {
  const LISTS: Environment = { PROXY_ALLOW: 'a.example.gov', PROXY_DENY: '', PROXY_PORTS: '443' };
  const kinds: readonly (readonly [string, Environment])[] = [
    ['with lists', LISTS],
    ['with a Caddyfile', content(caddyfile())],
  ];
  const CREDENTIALS = ['PROXY_USERNAME', 'PROXY_PASSWORD', 'PROXY_PASSWORD_web', 'PROXY_RANDOM_PASSWORD'];
  const name = fc.oneof(
    fc.stringMatching(/^PROXY_[A-Z]{1,12}$/),
    fc.constantFrom('PROXY_LISTENPORT', 'LISTENPORT', 'PROXY_CONFIG', 'HTTPS_PROXY', 'CONFIG_FILE'),
  );
  const isRead = (variable: string): boolean => [...Object.keys(LISTS), ...CREDENTIALS].includes(variable);

  it.each(kinds)('%s is reported when it is added, removed or changed, whatever its name', (_, environment) => {
    fc.assert(
      fc.property(name, fc.string(), fc.string(), (variable, one, other) => {
        fc.pre(!isRead(variable) && one !== other);
        const set = (value: string): Environment => ({ ...environment, [variable]: value });
        expect(stopped(between(environment, set(one)))).toBe(true);
        expect(stopped(between(set(one), environment))).toBe(true);
        expect(stopped(between(set(one), set(other)))).toBe(true);
      }),
      drawn(5),
    );
  });

  it.each(kinds)("%s isn't reported for another password, unless that adds lines", (_, environment) => {
    const set = (value: string): Environment => ({
      ...environment,
      ...Object.fromEntries(CREDENTIALS.map((each) => [each, value])),
      CADDY_LOG_LEVEL: 'INFO',
    });
    expect(stopped(between(set('a'), set('b')))).toBe(false);
    for (const value of ['b\nupstream https://evil.example', 'b upstream', '"b', '', '{$OTHER}', '#']) {
      expect([value, stopped(between(set('a'), set(value)))]).toEqual([value, true]);
    }
  });

  it.each(kinds)('%s is reported if it is hidden and may add lines', (_, environment) => {
    const hidden = { environment: { PROXY_PASSWORD_web: true } };
    const set = (value: string): Environment => ({ ...environment, PROXY_PASSWORD_web: value });
    expect(stopped(between(set('a'), set('b'), hidden))).toBe(false);
    expect(stopped(between(set('a'), set('b\n\tupstream https://evil.example'), hidden))).toBe(true);
    expect(stopped(between(set('a b'), set('a b'), hidden))).toBe(false);
  });

  it.each(['LD_PRELOAD', 'HTTPS_PROXY', 'GODEBUG'])('%s is reported wherever a Caddyfile names it', (variable) => {
    const named = (line: string, more: Environment = {}): Environment => ({
      ...content(caddyfile('setting', line)),
      ...more,
    });
    const set = { [variable]: '/tmp/evil' };
    const [said, user] = [`# {$${variable}}`, `basic_auth {$${variable}:nobody} x`];
    expect(stopped(between(named(''), named(said, set)))).toBe(true);
    expect(stopped(between(named(user), named(user, set)))).toBe(true);
    expect(stopped(between(named(''), named(user, set)))).toBe(true);
  });

  it.each(['constructor', 'toString', '__proto__'])(
    '%s is a variable like any other if a rule names it',
    (variable) => {
      const rule = caddyfile('rule', `allow {$${variable}}`);
      const set = (host: string): Environment => ({
        ...content(rule),
        ...Object.fromEntries([[variable, host]]),
      });
      expect(stopped(between(set('a.example'), set('evil.example')))).toBe(true);
      expect(stopped(between(set('a.example'), set('a.example')))).toBe(false);
    },
  );

  it('is reported if credentials are no longer required', () => {
    expect(stopped(between({ ...LISTS, PROXY_PASSWORD: 'a' }, LISTS))).toBe(true);
    expect(stopped(between(LISTS, { ...LISTS, PROXY_PASSWORD: 'a' }))).toBe(false);
  });

  it('is reported next to another kind of list, because a release of the proxy reads only one', () => {
    const wide = { ...LISTS, PROXY_ALLOW: 'all' };
    const narrow = caddyfile();
    const open = narrow.replace('allow *.example.gov', 'allow all');
    expect(stopped(between({ ...wide, ...content(narrow) }, { ...wide, ...content(open) }))).toBe(true);
    const other = ':{$PORT} {\nreverse_proxy https://evil.example\n}';
    expect(stopped(between(wide, { ...wide, CONFIG_CONTENT: other }))).toBe(true);
    expect(stopped(between({ ...wide, ...content(narrow) }, { ...wide, ...content(narrow) }))).toBe(false);
  });
});
