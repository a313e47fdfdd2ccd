import fc from 'fast-check';
import { application, CLIENT, policy, recipe } from '../support/facts';
import { drawn } from '../../support/laws';
import { holds } from '../../../constructs/values/host-name';
import { ANY_CLIENT } from '../../../review/difference/change';
import { difference } from '../../../review/difference/difference';
import { explain } from '../../../review/explain';
import { addresses } from '../../../review/model/addresses';
import { allowlistOf } from '../../../review/model/allowlist-facts';
import type { Application, Facts } from '../../../review/model/facts';
import { fingerprint } from '../../../review/model/fingerprint';
import { Model } from '../../../review/model/model';
import { plain } from '../../../review/phrase';

type Environment = Readonly<Record<string, string>>;

/** The recipe with GSA-TTS's egress proxy instead of this project's, over the platform's TLS as in its README. */
function deployed(environment: Environment, more: Partial<Application> = {}, port = '61443'): Facts {
  return {
    ...recipe(),
    applications: [
      application('outside/proxy', environment, { lifecycle: 'buildpack', ...more }),
      application('inside/web', CLIENT),
    ],
    policies: [policy('inside/web', 'outside/proxy', port)],
  };
}

const changes = (before: Facts, after: Facts): string[] =>
  difference(new Model(before), new Model(after))
    // Other tests cover clients that the code doesn't have.
    .filter(({ who }) => !who.includes(ANY_CLIENT))
    .map(
      ({ verdict, way, what, note }) =>
        `${verdict} ${way} ${plain(what)}${note === undefined ? '' : ` (${plain(note)})`}`,
    );

/** Deployed as by the Terraform module of GSA-TTS/terraform-cloudgov. */
const variables = (allow: readonly string[], deny: readonly string[] = [], ports = '443'): Environment => ({
  PROXY_PORTS: ports,
  PROXY_ALLOW: allow.map((host) => `${host}\n`).join(''),
  PROXY_DENY: deny.map((host) => `${host}\n`).join(''),
  PROXY_USERNAME: 'ee1b7b9c',
  PROXY_PASSWORD: 'hidden',
});

interface Client {
  readonly user: string;
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
  readonly ports?: readonly number[];
}

/**
 * Rendered as by the Terraform module of GSA-TTS/cg-egress-proxy: a proxy for each client, and one that refuses
 * everyone.
 */
function caddyfile(clients: readonly Client[]): string {
  const proxy = ({ user, allow = [], deny = [], ports = [443] }: Client): string => `
\t\tforward_proxy {
\t\t\tbasic_auth "${user}" {$PROXY_PASSWORD_${user}}
\t\t\tprobe_resistance
\t\t\tacl {
\t\t\t\t${deny.length > 0 ? `deny ${deny.join(' ')}` : ''}
\t\t\t\t${allow.length > 0 ? `allow ${allow.join(' ')}` : ''}
\t\t\t\tdeny all
\t\t\t}
\t\t\tports ${ports.join(' ')}
\t\t}`;
  return `{
\tdebug
\tlog {
\t\tformat console
\t\tlevel {$CADDY_LOG_LEVEL:INFO}
\t}
\tauto_https off
}

:{$PORT} {
\troute {${clients.map(proxy).join('')}
\t\tforward_proxy {
\t\t\tbasic_auth {$PROXY_RANDOM_USERNAME} {$PROXY_RANDOM_PASSWORD}
\t\t\tacl {
\t\t\t\tdeny all
\t\t\t}
\t\t}
\t}
\tlog {
\t\tformat json
\t\toutput stdout
\t}
}
`;
}

const content = (text: string): Environment => ({ CONFIG_CONTENT: text });

describe('PROXY_ALLOW, PROXY_DENY and PROXY_PORTS', () => {
  const before = deployed(variables(['api.example.gov']));

  it('determine what a client reaches, so a new host is a change', () => {
    expect(changes(before, deployed(variables(['api.example.gov', '*.example.org'])))).toEqual([
      'opens proxy .example.org:443',
    ]);
  });

  it('open every host of the list on an added port', () => {
    expect(changes(before, deployed(variables(['api.example.gov'], [], '443 22')))).toEqual([
      'opens proxy api.example.gov:22',
    ]);
    const { PROXY_PORTS, ...rest } = variables(['api.example.gov']);
    expect(changes(before, deployed(rest))).toEqual([]);
    expect(PROXY_PORTS).toBe('443');
  });

  it('open what a removed denial blocked', () => {
    const denied = deployed(variables(['*.example.gov'], ['raw.example.gov']));
    const all = deployed(variables(['*.example.gov']));
    expect(changes(before, denied)).toEqual(['opens proxy .example.gov:443 but raw.example.gov, api.example.gov']);
    expect(changes(denied, all)).toEqual(['opens proxy raw.example.gov:443']);
    expect(changes(all, denied)).toEqual(['closes proxy raw.example.gov:443']);
  });

  it('apply to the ports where Caddy listens, and to no others', () => {
    const over = (port: string): string[] =>
      changes(deployed(variables([]), {}, port), deployed(variables(['api.example.gov']), {}, port));
    expect([over('8080'), over('61443'), over('3128')]).toEqual([
      ['opens proxy api.example.gov:443'],
      ['opens proxy api.example.gov:443'],
      [],
    ]);
  });

  it('apply to any port of an image, which itself decides where it listens', () => {
    const image = (allow: readonly string[]) => deployed(variables(allow), { lifecycle: 'docker' }, '9090');
    expect(changes(image([]), image(['api.example.gov']))).toEqual([]);
  });

  it('are unknown if Caddy would refuse them, or if they are hidden', () => {
    expect(changes(before, deployed(variables(['api.example.gov', 'https://a.example.gov'])))).toEqual([
      "unknown proxy something unknown (the list has a part that can't be read (21 characters, SHA-256 808d5556))",
    ]);
    expect(changes(before, deployed(variables(['api.example.gov'], [], '443\n\t\tupstream https://a')))).toEqual([
      'closes proxy api.example.gov:443 (unless something unknown still opens it)',
      'unknown proxy something unknown (PROXY_PORTS is not a list of ports)',
    ]);
  });

  it('mean the same in any order and with any line breaks', () => {
    const lists = ['a.example.gov\nb.example.gov\n', 'b.example.gov a.example.gov', '  a.example.gov\n\nb.example.gov'];
    for (const list of lists) {
      expect(
        changes(
          deployed({ PROXY_ALLOW: 'a.example.gov b.example.gov' }),
          deployed({ PROXY_ALLOW: list, PROXY_USERNAME: 'other' }),
        ),
      ).toEqual([]);
    }
  });
});

describe('CONFIG_CONTENT', () => {
  const client = { user: 'feedabee', allow: ['raw.githubusercontent.com'] };
  const one = deployed(content(caddyfile([client])));

  it('determines what a client reaches, so a new host is a change', () => {
    const more = { ...client, allow: [...client.allow, '*.example.org'], ports: [443, 80] };
    expect(changes(one, deployed(content(caddyfile([more]))))).toEqual([
      'opens proxy raw.githubusercontent.com:80',
      'opens proxy .example.org:80,443',
    ]);
  });

  it('opens what a removed denial blocked, and everything if nothing is denied anymore', () => {
    const denied = deployed(content(caddyfile([{ ...client, allow: ['*.example.gov'], deny: ['raw.example.gov'] }])));
    const all = caddyfile([{ ...client, allow: ['*.example.gov'] }]);
    expect(changes(denied, deployed(content(all)))).toEqual(['opens proxy raw.example.gov:443']);
    expect(changes(deployed(content(all)), deployed(content(all.replace('\t\t\t\tdeny all\n', ''))))).toEqual([
      'opens proxy any name:443',
    ]);
  });

  it("is another program with a variable that it doesn't name, but not with another password", () => {
    const told = (more: Environment) =>
      deployed(
        { ...content(caddyfile([client])), PROXY_PASSWORD_feedabee: 'a', ...more },
        { program: { parts: new Map() } },
      );
    expect(
      changes(told({}), told({ PROXY_PASSWORD_feedabee: 'b', PROXY_RANDOM_PASSWORD: 'c', CADDY_LOG_LEVEL: 'DEBUG' })),
    ).toEqual([]);
    expect(changes(told({}), told({ HTTPS_PROXY: 'https://other.example.com' }))).toEqual([
      'unknown program a variable HTTPS_PROXY',
    ]);
  });

  it('never gives a client with its own list another client’s', () => {
    const lists = (more: readonly string[]) => ({
      ...deployed(
        content(
          caddyfile([
            { user: 'web', allow: ['a.example.gov'] },
            { user: 'batch', allow: more },
          ]),
        ),
      ),
    });
    const both = (more: readonly string[]): Facts => {
      const { applications, policies, ...rest } = lists(more);
      return {
        ...rest,
        applications: [...applications, application('inside/batch', CLIENT)],
        policies: [...policies, policy('inside/batch', 'outside/proxy', '61443')],
      };
    };
    const told = difference(new Model(both(['b.example.gov'])), new Model(both(['b.example.gov', 'c.example.gov'])));
    expect(told.map(({ verdict, who, what }) => `${verdict} ${who.join()} ${plain(what)}`)).toEqual([
      'opens org/inside/batch c.example.gov:443',
    ]);
    expect(changes(lists(['b.example.gov']), lists(['b.example.gov', 'c.example.gov']))).toEqual([
      'opens proxy c.example.gov:443',
    ]);
  });

  it("names what it doesn't understand when it is added, changed, or removed", () => {
    const text = caddyfile([client]);
    const [first, second] = ['203.0.113.9', '203.0.113.8'].map((at) =>
      deployed(content(text.replace('\troute {', `\treverse_proxy ${at}\n\troute {`))),
    ) as [Facts, Facts];
    const because = (at: string) =>
      `its Caddyfile has the directive reverse_proxy (${fingerprint(`"reverse_proxy" "${at}"`)}), which the review does not support`;
    expect(changes(one, first)).toEqual([`unknown proxy something unknown (${because('203.0.113.9')})`]);
    expect(changes(first, second)).toEqual([
      `unknown proxy something unknown (${because('203.0.113.8')})`,
      `unknown proxy something unknown (no longer so: ${because('203.0.113.9')})`,
    ]);
    expect(changes(first, one)).toEqual([`unknown proxy something unknown (no longer so: ${because('203.0.113.9')})`]);
  });
});

describe('explain', () => {
  const model = new Model(deployed(variables(['*.example.gov'], ['raw.example.gov'])));
  const asked = (target: string, of = model) => explain(of, 'web', target);

  it('names the rules that decide about a host', () => {
    expect(asked('api.example.gov')).toEqual({
      answer: 'yes',
      reasons: [
        "through proxy (demo/proxy): the first matching rule of 'allow *.example.gov' decides, and the egress of its space allows it",
      ],
    });
    expect(asked('raw.example.gov')).toMatchObject({
      answer: 'no',
      reasons: [expect.anything(), "not through proxy (demo/proxy): its rules have 'deny raw.example.gov'"],
    });
    expect(asked('www.example.org')).toMatchObject({
      answer: 'no',
      reasons: [expect.anything(), "not through proxy (demo/proxy): its rules have 'deny all'"],
    });
  });

  it("says that it doesn't know what an application without a list fetches", () => {
    expect(asked('www.example.org', new Model(deployed({})))).toEqual({
      answer: 'unknown',
      reasons: [
        'through proxy (demo/proxy): it may fetch what clients request, and has no list that the review can read',
      ],
    });
  });
});

const unreadable = (text: string) =>
  allowlistOf(new Map([['EGRESS_ALLOW', text]]))?.lines.filter(({ error }) => error !== undefined);

describe('a line of an allowlist that can’t be read', () => {
  it('is shown only as its length and hash, because it could be a secret that got there by mistake', () => {
    const secret = fc.stringMatching(/^[A-Za-z0-9+/=$!@]{4,60}$/).map((text) => `hunter2:${text}`);
    fc.assert(
      fc.property(secret, (text) => {
        const lines = unreadable(text);
        expect(lines).toHaveLength(1);
        expect(JSON.stringify(lines)).not.toContain(text);
        expect(JSON.stringify(lines)).toContain(`${text.length} characters, SHA-256 `);
      }),
    );
  });

  it.each(['10.0.0.1', '10.0.0.1:443', '[fd00:ec2::254]:80', '169.254.169.254'])(
    'is repeated if it is nothing but an address: %s',
    (text) => {
      expect(unreadable(text)).toEqual([expect.objectContaining({ text })]);
    },
  );

  it.each(['10.0.0.1 hunter2', '1.1.1.1.hunter2', '::1/hunter2', 'metadata.google.internal hunter2'])(
    "isn't repeated if it only begins like an address: %s",
    (text) => {
      expect(JSON.stringify(unreadable(text))).not.toContain('hunter2');
    },
  );
});

describe('a Caddyfile', () => {
  const facts = (config: string, environment: ReadonlyMap<string, string> = new Map()) =>
    allowlistOf(new Map([...environment, ['CONFIG_CONTENT', config]]));

  it("can't be read if it is nested deeper than any real one", () => {
    const deep = (levels: number): string =>
      `:8080 {\nforward_proxy\n${'route {\n'.repeat(levels)}${'}\n'.repeat(levels)}}`;
    expect(facts(deep(10))?.unknown).toEqual([]);
    expect(facts(deep(100_000))?.unknown[0]?.because).toMatch(/can't be read/);
  });

  it("doesn't count as one that can't be read if the program that reads it has a mistake", () => {
    class Broken extends Map<string, string> {
      override get(name: string): string | undefined {
        if (name === 'BROKEN') throw new TypeError('a mistake');
        return super.get(name);
      }
    }
    const environment = new Broken([['CONFIG_CONTENT', ':8080 {\nforward_proxy {$BROKEN}\n}']]);
    expect(() => allowlistOf(environment)).toThrow('a mistake');
  });
});

const PROXY = 'org/outside/proxy';
const SITE = addresses('203.0.113.10').ranges[0]?.[0] ?? 0;

const between = (before: Facts, after: Facts) => difference(new Model(before), new Model(after));

const label = fc.constantFrom('a', 'b', 'c');
const host = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => [...labels, 'example'].join('.'));
const subject = fc.oneof(
  host,
  host.map((name) => `*.${name}`),
  fc.constant('all'),
);
const rule = fc.tuple(fc.constantFrom('allow', 'deny'), subject);
const rules = fc.array(rule, { maxLength: 8 });
type Rules = readonly (readonly [verb: string, subject: string])[];

const caddyfileOf = (list: Rules): string =>
  [
    ':{$PORT} {',
    'route {',
    'forward_proxy {',
    'acl {',
    ...list.map((each) => each.join(' ')),
    '}',
    'ports 443',
    '}',
    '}',
    '}',
  ].join('\n');
/** Without the platform's TLS, and with nothing else in the program. */
const alone = (environment: Environment): Facts => deployed(environment, { program: { parts: new Map() } }, '8080');
const ruled = (list: Rules): Facts => alone({ CONFIG_CONTENT: caddyfileOf(list) });

/** The first matching rule decides; without one, the name is allowed. */
const allowed = (list: Rules, name: string): boolean =>
  (list.find(([, about]) => about === 'all' || holds(about.replace(/^\*/, ''), name))?.[0] ?? 'allow') === 'allow';

const reaches = (facts: Facts, name: string): boolean =>
  new Model(facts).proxies.through(PROXY, 'org/inside/web').names.addresses(name, 443).includes(SITE);

test('the first matching rule decides, for any rules in any order', () => {
  fc.assert(
    fc.property(rules, host, (list, name) => {
      expect(reaches(ruled(list), name)).toBe(allowed(list, name));
    }),
    drawn(40),
  );
});

test('allowing a host at the front of a list opens it, unless it was already open', () => {
  fc.assert(
    fc.property(rules, host, (list, name) => {
      const rest: Rules = [...list, ['deny', 'all']];
      const said = between(ruled(rest), ruled([['allow', name], ...rest]));
      const opened = said.map(({ verdict, what }) => `${verdict} ${plain(what)}`);
      expect(opened).toEqual(allowed(rest, name) ? [] : [`opens ${name}:443`]);
    }),
    drawn(40),
  );
});

test('removing a denial from the front of a list opens exactly what is open without it', () => {
  fc.assert(
    fc.property(rules, subject, host, (list, denied, name) => {
      const [before, after] = [ruled([['deny', denied], ...list]), ruled(list)];
      const opens = reaches(after, name) && !reaches(before, name);
      const said = between(before, after);
      expect(said.every(({ verdict }) => verdict === 'opens')).toBe(true);
      if (opens) expect(said).not.toEqual([]);
    }),
    drawn(40),
  );
});

test("a text that Caddy wouldn't accept is unknown whenever it changes", () => {
  const junk = fc
    .tuple(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }))
    .map(([before, after]) => `${before}\nforward_proxy {${after}`);
  fc.assert(
    fc.property(junk, junk, (one, other) => {
      fc.pre(one !== other);
      const said = between(alone({ CONFIG_CONTENT: one }), alone({ CONFIG_CONTENT: other }));
      expect(said.map(({ verdict }) => verdict)).toContain('unknown');
    }),
    drawn(40),
  );
});

test('adding or removing a character of a Caddyfile changes reach, is unknown, or makes no difference to any name', () => {
  const names = ['example', 'a.example', 'a.b.example', 'c.example', 'other.test'];
  const edit = fc.record({
    list: rules,
    at: fc.nat(),
    put: fc.oneof(
      fc.constantFrom('', ' ', '\n', '{', '}', '#', '"', '*', '.', 'a', 'all', '4', ':'),
      fc.string({ maxLength: 2 }),
    ),
    cut: fc.nat({ max: 2 }),
  });
  fc.assert(
    fc.property(edit, ({ list, at, put, cut }) => {
      const text = caddyfileOf(list);
      const place = at % text.length;
      const other = `${text.slice(0, place)}${put}${text.slice(place + cut)}`;
      const [before, after] = [alone({ CONFIG_CONTENT: text }), alone({ CONFIG_CONTENT: other })];
      if (between(before, after).length > 0) return;
      for (const name of names) expect(reaches(after, name)).toBe(reaches(before, name));
    }),
    drawn(100),
  );
});

test("any change of a list's variables is a row, unless it is the same list", () => {
  const text = fc.array(
    fc.oneof(subject, fc.constantFrom(' ', '\n', '\t', '\r\n', '-', 'https://a', '1.2.3.4', '::1'), fc.string()),
    { maxLength: 6 },
  );
  fc.assert(
    fc.property(text, text, (one, other) => {
      const [a, b] = [one.join(' '), other.join(' ')];
      const words = (list: string) => [...new Set(list.split(/\s+/).filter((word) => word !== ''))].sort();
      fc.pre(words(a).join(' ') !== words(b).join(' '));
      const [before, after] = [alone({ PROXY_ALLOW: a }), alone({ PROXY_ALLOW: b })];
      const { names } = new Model(after).proxies.through(PROXY);
      if (between(before, after).length === 0) {
        expect(names.covers(new Model(before).proxies.through(PROXY).names)).toBe(true);
        expect(new Model(before).proxies.through(PROXY).names.covers(names)).toBe(true);
      }
    }),
    drawn(40),
  );
});
