import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { application, bound, CLIENT, group, policy, PUBLIC, recipe, route, space } from '../support/facts';
import type { Facts } from '../../../review/model/facts';
import { Model } from '../../../review/model/model';
import { plain, say } from '../../../review/phrase';
import { acknowledge, findingId, findingsOf, RULES, type Rule } from '../../../review/rules';

interface Case {
  readonly violating: Facts;
  readonly clean: Facts;
  /** Facts for which the result is unknown; undefined if the rule always has a result. */
  readonly unknown?: Facts;
  readonly finds: string;
  readonly level: string;
}

const withClient = (environment: Record<string, string>, more: Partial<Facts> = {}): Facts =>
  recipe(undefined, {
    applications: [
      application('outside/proxy', { EGRESS_ALLOW: 'www.example.com:443' }),
      application('inside/web', environment),
    ],
    ...more,
  });
const hidden = { token: 'hidden', because: 'it is marked sensitive' };
const anywhere = (name: string, running: 'yes' | 'no' | 'unknown') =>
  group(name, [{ protocol: 'tcp', destination: '10.0.0.1', ports: '1' }], {
    global: { running, staging: 'no' },
    owned: true,
  });
const atInside = (change: Partial<ReturnType<typeof space>>): Facts =>
  recipe(undefined, { spaces: [space('outside'), space('inside', change)] });

const withCaddy = (...rules: readonly string[]): Facts => {
  const proxy = ['forward_proxy {', 'acl {', ...rules, '}', '}'];
  return recipe(undefined, {
    applications: [
      application('outside/proxy', { CONFIG_CONTENT: [':{$PORT} {', 'route {', ...proxy, '}', '}'].join('\n') }),
      application('inside/web', CLIENT),
    ],
  });
};

const CASES: Readonly<Record<string, Case>> = {
  'client-direct-egress': {
    violating: recipe(undefined, { bindings: [bound('public', 'outside'), bound('public', 'inside')] }),
    clean: recipe(),
    unknown: atInside({ owned: false }),
    finds: 'client-direct-egress',
    level: 'warning',
  },
  'proxy-without-internet': {
    violating: recipe(undefined, { bindings: [bound('local', 'outside')] }),
    clean: recipe(),
    unknown: recipe(undefined, { bindings: [], spaces: [space('outside', { owned: false }), space('inside')] }),
    finds: 'proxy-without-internet',
    level: 'error',
  },
  'proxy-shares-space': {
    violating: recipe(undefined, { applications: [...recipe().applications, application('outside/other')] }),
    clean: recipe(undefined, {
      applications: [...recipe().applications, application('outside/twin', { EGRESS_ALLOW: '' })],
    }),
    unknown: recipe(undefined, {
      applications: [...recipe().applications, application('outside/other')],
      bindings: [],
      spaces: [space('outside', { owned: false }), space('inside')],
    }),
    finds: 'proxy-shares-space[proxy]',
    level: 'warning',
  },
  'proxy-public-route': {
    violating: recipe(undefined, { routes: [route('proxy.example.gov', 'outside/proxy', 'no')] }),
    clean: recipe(undefined, { routes: [route('web.example.gov', 'inside/web', 'no'), ...recipe().routes] }),
    unknown: recipe(undefined, { routes: [route('proxy.example.gov', 'outside/proxy', 'unknown')] }),
    finds: 'proxy-public-route[proxy.example.gov]',
    level: 'error',
  },
  'audit-mode': {
    violating: recipe('www.example.com:443\naudit until 2026-12-31'),
    clean: recipe('www.example.com:443\naudit.example.com:443'),
    finds: 'audit-mode[audit until 2026-12-31]',
    level: 'warning',
  },
  'destination-end': {
    violating: recipe('www.example.com:443 until 2020-12-31'),
    clean: recipe('www.example.com:443 until 9999-12-31'),
    finds: 'destination-end[www.example.com:443 until 2020-12-31]',
    level: 'warning',
  },
  'allowlist-public-suffix': {
    violating: recipe('.gov:443'),
    clean: recipe('.example.gov:443\ngov.example.org:443'),
    finds: 'allowlist-public-suffix[.gov:443]',
    level: 'error',
  },
  'allowlist-shared-host': {
    violating: recipe('s3-us-gov-west-1.amazonaws.com:443'),
    clean: recipe('egress-demo.s3.us-gov-west-1.amazonaws.com:443'),
    finds: 'allowlist-shared-host[s3-us-gov-west-1.amazonaws.com:443]',
    level: 'warning',
  },
  'allowlist-covered': {
    violating: recipe('.example.org:80,443\nwww.example.org:443'),
    clean: recipe('.example.org:443\nwww.example.org:80\nown.example.org:443@10.98.0.0/24'),
    finds: 'allowlist-covered[www.example.org:443]',
    level: 'warning',
  },
  'exception-listed': {
    violating: recipe('.example.org!raw.example.org:443\nraw.example.org:443'),
    clean: recipe('.example.org!raw.example.org,.old.example.org:443\nraw.example.org:80\nb.old.example.org:443'),
    finds: 'exception-listed[.example.org!raw.example.org:443 raw.example.org]',
    level: 'warning',
  },
  'allowlist-unreadable': {
    violating: recipe('https://www.example.com'),
    clean: recipe('# the team’s own\n\nwww.example.com:443'),
    finds: 'allowlist-unreadable[23 characters, SHA-256 cdb4d88d]',
    level: 'error',
  },
  'allowlist-unknown': {
    violating: recipe(undefined, {
      applications: [application('outside/proxy', {}, { allowlist: { lines: [], unknown: [hidden] } })],
    }),
    clean: recipe(),
    finds: 'allowlist-unknown',
    level: 'unknown',
  },
  'destination-address': {
    violating: recipe('169.254.169.254:80'),
    clean: recipe('metadata.example.org:80'),
    finds: 'destination-address[169.254.169.254:80]',
    level: 'error',
  },
  'destination-any-protocol': {
    violating: recipe('git.example.net:22/tcp'),
    clean: recipe(),
    finds: 'destination-any-protocol[git.example.net:22/tcp]',
    level: 'warning',
  },
  'destination-private-range': {
    violating: recipe('bucket.example.net:443@10.98.0.0/24'),
    clean: recipe(),
    finds: 'destination-private-range[bucket.example.net:443@10.98.0.0/24]',
    level: 'warning',
  },
  'edge-unused': {
    violating: withClient({}),
    clean: withClient({ EGRESS_PROXY_URI: 'http://proxy.apps.internal:3128' }),
    finds: 'edge-unused[proxy]',
    level: 'warning',
  },
  'no-proxy-wide': {
    violating: withClient({ ...CLIENT, NO_PROXY: 'localhost,.example.gov' }),
    clean: withClient({ ...CLIENT, NO_PROXY: 'localhost,127.0.0.1,::1,.apps.internal,10.0.0.0/8,proxy.apps.internal' }),
    finds: 'no-proxy-wide[.example.gov]',
    level: 'warning',
  },
  'ssh-on': {
    violating: recipe(undefined, { applications: [application('inside/web', {}, { ssh: 'yes' })] }),
    clean: recipe(undefined, {
      applications: [application('inside/web', {}, { ssh: 'yes' })],
      spaces: [space('inside', { ssh: 'no' })],
    }),
    unknown: recipe(undefined, { applications: [application('inside/web', {}, { ssh: 'unknown' })] }),
    finds: 'ssh-on',
    level: 'warning',
  },
  'space-egress-unclaimed': {
    violating: atInside({ owned: false }),
    clean: atInside({ owned: false, claim: ['local'] }),
    finds: 'space-egress-unclaimed',
    level: 'unknown',
  },
  'group-global': {
    violating: recipe(undefined, { groups: [PUBLIC, anywhere('own', 'yes')] }),
    clean: recipe(undefined, { groups: [PUBLIC, anywhere('own', 'no')] }),
    unknown: recipe(undefined, { groups: [PUBLIC, anywhere('own', 'unknown')] }),
    finds: 'group-global[running]',
    level: 'warning',
  },
  'proxy-open': {
    violating: withCaddy('allow *.example.gov'),
    clean: withCaddy('allow *.example.gov', 'deny all'),
    finds: 'proxy-open[1]',
    level: 'error',
  },
  'denial-spelling': {
    violating: withCaddy('deny raw.example.gov', 'allow *.example.gov', 'deny all'),
    clean: withCaddy('deny raw.example.gov', 'allow api.example.gov', 'deny all'),
    finds: 'denial-spelling[deny raw.example.gov]',
    level: 'warning',
  },
  'staging-public': {
    violating: recipe(undefined, { bindings: [...recipe().bindings, bound('public', 'inside', 'staging')] }),
    clean: recipe(),
    finds: 'staging-public',
    level: 'info',
  },
};

const found = (rule: Rule, facts: Facts) => findingsOf(new Model(facts, '2026-11-24'), [rule]);

test('every check has its cases here', () => {
  expect(Object.keys(CASES).sort()).toEqual(RULES.map(({ id }) => id).sort());
});

describe.each(RULES.map((rule): [string, Rule, Case] => [rule.id, rule, CASES[rule.id] as Case]))(
  '%s',
  (id, rule, of) => {
    it('finds what is wrong, once, and says where', () => {
      const findings = found(rule, of.violating);
      expect(findings.map(findingId)).toEqual([of.finds]);
      expect(findings.map(({ level, why }) => [level, why])).toEqual([[of.level, rule.why]]);
      expect(findings[0]?.message).not.toBe('');
    });

    it('finds nothing if nothing is wrong', () => {
      expect(found(rule, of.clean)).toEqual([]);
    });

    if (of.unknown !== undefined) {
      const { unknown } = of;
      it("says that the result is unknown, which isn't a pass", () => {
        expect(found(rule, unknown).map(({ level }) => level)).toEqual(['unknown']);
      });
    }

    it(rule.acknowledgeable ? 'is set aside by a reason given above it' : 'can’t be acknowledged', () => {
      const findings = found(rule, of.violating).map((finding) => ({
        ...finding,
        origin: { stack: 'demo', address: 'any', path: 'demo/Team/App/Resource' },
      }));
      const reason = 'agreed with the assessor';
      const set = (path: string, name = id) => acknowledge(findings, [{ rule: name, path, reason }]);
      expect(set('demo/Team').acknowledged.map((each) => each.reason)).toEqual(rule.acknowledgeable ? [reason] : []);
      expect(set('demo/Team/App', of.finds).open).toHaveLength(rule.acknowledgeable ? 0 : 1);
      expect(set('demo/Tea').open).toHaveLength(1);
      expect(set('demo/Team', 'another-check').open).toHaveLength(1);
    });
  },
);

test('an audit without an end is an error, one with an end is a warning, and one that has ended says what to remove', () => {
  const said = (line: string, client = '') => {
    const facts = recipe(undefined, {
      applications: [
        application(
          'outside/proxy',
          client === '' ? { EGRESS_ALLOW: line } : { EGRESS_ALLOW: '', EGRESS_CLIENTS: `${client} ${line}` },
        ),
        application('inside/web', CLIENT),
      ],
    });
    return findingsOf(new Model(facts, '2026-11-24')).map(({ level, message }) => `${level}: ${plain(message)}`);
  };
  expect(said('audit')).toEqual([
    'error: the proxy proxy allows everything public for all of its clients, in audit mode without an end',
  ]);
  expect(said('audit until 2026-11-24', 'web')).toEqual([
    'warning: the proxy proxy allows everything public for its client web, in audit mode until 2026-11-24',
  ]);
  expect(said('audit until 2026-11-23')).toEqual([
    'warning: the proxy proxy no longer allows all of its clients what is not listed, because its audit mode until 2026-11-23 has ended',
  ]);
});

test('a destination with an end is reported from two weeks before it, and after it', () => {
  const said = (today: string, line = 'www.example.com:443 until 2026-12-31') =>
    findingsOf(new Model(recipe(line), today)).map(({ level, message }) => `${level}: ${plain(message)}`);
  const warning = (what: string) => [`warning: proxy, www.example.com:443 until 2026-12-31: it ${what}`];
  expect(said('2026-12-16')).toEqual([]);
  expect(said('2026-12-17')).toEqual(warning('ends in 14 days'));
  expect(said('2026-12-30')).toEqual(warning('ends tomorrow'));
  expect(said('2026-12-31')).toEqual(warning('ends today'));
  expect(said('2027-01-01')).toEqual(warning('has expired, and is refused'));
  expect(said('2027-06-30')).toEqual(warning('has expired, and is refused'));
  expect(said('2026-12-17', 'www.example.com:443')).toEqual([]);
});

test('an exception that an expired entry opened is no longer open', () => {
  const rules = (today: string) =>
    findingsOf(new Model(recipe('.example.org!a.example.org:443\na.example.org:443 until 2026-12-31'), today))
      .map(({ rule }) => rule)
      .filter((rule) => rule !== 'destination-end');
  expect(rules('2026-06-30')).toEqual(['exception-listed']);
  expect(rules('2027-01-01')).toEqual([]);
});

test('a check that fails becomes a finding, never a pass', () => {
  const broken: Rule = {
    id: 'broken',
    title: '',
    why: '',
    acknowledgeable: false,
    check: () => {
      throw new Error('no such thing');
    },
  };
  expect(findingsOf(new Model(recipe()), [broken])).toEqual([
    {
      level: 'unknown',
      subject: 'broken',
      message: say`the check could not be run: ${'no such thing'}`,
      rule: 'broken',
      why: '',
    },
  ]);
});

test('a client must connect to the port of the proxy that its settings name', () => {
  const about = (port: string, uri: string, more = '') =>
    findingsOf(
      new Model(
        withClient(
          { HTTPS_PROXY: uri },
          {
            policies: [port, ...(more === '' ? [] : [more])].map((each) => policy('inside/web', 'outside/proxy', each)),
          },
        ),
      ),
      RULES.filter(({ id }) => id === 'edge-unused'),
    ).map(({ message }) => plain(message));
  const clear = 'http://proxy.apps.internal:3128';
  const secure = 'https://proxy.apps.internal:61443';
  expect([about('3128', clear), about('61443', secure), about('61443', secure, '3128')]).toEqual([[], [], []]);
  expect(about('61443', clear)).toEqual([
    'web may connect to the proxy proxy on port 61443, but its variables name port 3128',
  ]);
  expect(about('443', clear)).toEqual([
    'web may connect to the proxy proxy, but not on a port where it listens (3128,8080,61443)',
  ]);
});

test("a policy for a proxy's metrics port is used, and one that opens more isn't", () => {
  const about = (metrics: string, port: string): number => {
    const policies = [policy('inside/web', 'outside/proxy', port)];
    const proxy = application('outside/proxy', { EGRESS_ALLOW: 'www.example.com:443', EGRESS_METRICS: metrics });
    const facts = recipe(undefined, { applications: [proxy, application('inside/web')], policies });
    return findingsOf(new Model(facts)).filter(({ rule }) => rule === 'edge-unused').length;
  };
  expect(about('9301', '9301')).toBe(0);
  expect([about('', '9301'), about('9301', '9302'), about('9301', '9300-9301'), about('any', '9301')]).toEqual([
    1, 1, 1, 1,
  ]);
});

test('an unused policy to the proxy is reported once, however many open it, and not if another could use it', () => {
  const policies = ['3128', '8080'].map((port) => policy('inside/web', 'outside/proxy', port));
  const unknown = { token: 'x', because: 'which applications the policy names' };
  const of = (facts: Facts) => findingsOf(new Model(facts)).filter(({ rule }) => rule === 'edge-unused');
  expect(of(withClient({}, { policies }))).toHaveLength(1);
  expect(of(withClient({}, { policies: policies.map((each) => ({ ...each, unknown })) }))).toEqual([]);
});

test('the recipe as it is recommended passes every check', () => {
  const policies = [policy('inside/web', 'outside/proxy')];
  expect(findingsOf(new Model(recipe('www.example.com:443\n.example.org:80,443', { policies })))).toEqual([]);
});

test('an application that reaches more than its client, without a readable list, is a proxy with an unknown list', () => {
  const squid = (more: Partial<Facts> = {}): Facts =>
    recipe(undefined, { applications: [application('outside/squid'), application('inside/web', CLIENT)], ...more });
  const policies = [policy('inside/web', 'outside/squid')];
  const said = (facts: Facts) =>
    findingsOf(new Model(facts)).flatMap(({ rule, level, message }) =>
      rule === 'allowlist-unknown' ? [`${level}: ${plain(message)}`] : [],
    );
  expect(said(squid({ policies }))).toEqual([
    'unknown: squid: if it is a proxy, what it fetches for web can’t be read; a squid.conf is in its image or files',
  ]);
  const everywhere = [bound('public', 'outside'), bound('public', 'inside')];
  expect([said(squid()), said(squid({ policies, bindings: everywhere }))]).toEqual([[], []]);
});

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

test('docs/checks.md has exactly the checks that exist, with what is wrong and why it matters', () => {
  const [, ...sections] = readFileSync(join(__dirname, '..', '..', '..', 'docs', 'checks.md'), 'utf8').split('\n## ');
  expect(sections.map((section) => section.trim().replace(/\s+/g, ' '))).toEqual(
    RULES.map(({ id, title, why, acknowledgeable }) =>
      [`\`${id}\` ${capital(title)}. ${capital(why)}.`, ...(acknowledgeable ? [] : ['Can’t be acknowledged.'])].join(
        ' ',
      ),
    ),
  );
});
