import fc from 'fast-check';
import { holds } from '../../../constructs/values/host-name';
import { difference } from '../../../review/difference/difference';
import { addresses } from '../../../review/model/addresses';
import type { Facts } from '../../../review/model/facts';
import { Model } from '../../../review/model/model';
import { plain } from '../../../review/phrase';
import { drawn } from '../../support/laws';
import { application, CLIENT, policy, recipe } from '../support/facts';

const PROXY = 'org/outside/proxy';
const SITE = addresses('203.0.113.10').ranges[0]?.[0] ?? 0;

function deployed(environment: Readonly<Record<string, string>>): Facts {
  return {
    ...recipe(),
    applications: [
      application('outside/proxy', environment, { lifecycle: 'buildpack', program: { parts: new Map() } }),
      application('inside/web', CLIENT),
    ],
    policies: [policy('inside/web', 'outside/proxy', '8080')],
  };
}
const changes = (before: Facts, after: Facts) => difference(new Model(before), new Model(after));

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

const caddyfile = (list: Rules): string =>
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
const content = (list: Rules): Facts => deployed({ CONFIG_CONTENT: caddyfile(list) });

/** The first matching rule decides; without one, the name is allowed. */
const allowed = (list: Rules, name: string): boolean =>
  (list.find(([, about]) => about === 'all' || holds(about.replace(/^\*/, ''), name))?.[0] ?? 'allow') === 'allow';

const reaches = (facts: Facts, name: string): boolean =>
  new Model(facts).proxies.through(PROXY, 'org/inside/web').names.addresses(name, 443).includes(SITE);

test('the first matching rule decides, for any rules in any order', () => {
  fc.assert(
    fc.property(rules, host, (list, name) => {
      expect(reaches(content(list), name)).toBe(allowed(list, name));
    }),
    drawn(40),
  );
});

test('allowing a host at the front of a list opens it, unless it was already open', () => {
  fc.assert(
    fc.property(rules, host, (list, name) => {
      const rest: Rules = [...list, ['deny', 'all']];
      const said = changes(content(rest), content([['allow', name], ...rest]));
      const opened = said.map(({ verdict, what }) => `${verdict} ${plain(what)}`);
      expect(opened).toEqual(allowed(rest, name) ? [] : [`opens ${name}:443`]);
    }),
    drawn(40),
  );
});

test('removing a denial from the front of a list opens exactly what is open without it', () => {
  fc.assert(
    fc.property(rules, subject, host, (list, denied, name) => {
      const [before, after] = [content([['deny', denied], ...list]), content(list)];
      const opens = reaches(after, name) && !reaches(before, name);
      const said = changes(before, after);
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
      const said = changes(deployed({ CONFIG_CONTENT: one }), deployed({ CONFIG_CONTENT: other }));
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
      const text = caddyfile(list);
      const place = at % text.length;
      const other = `${text.slice(0, place)}${put}${text.slice(place + cut)}`;
      const [before, after] = [deployed({ CONFIG_CONTENT: text }), deployed({ CONFIG_CONTENT: other })];
      if (changes(before, after).length > 0) return;
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
      const [before, after] = [deployed({ PROXY_ALLOW: a }), deployed({ PROXY_ALLOW: b })];
      const { names } = new Model(after).proxies.through(PROXY);
      if (changes(before, after).length === 0) {
        expect(names.covers(new Model(before).proxies.through(PROXY).names)).toBe(true);
        expect(new Model(before).proxies.through(PROXY).names.covers(names)).toBe(true);
      }
    }),
    drawn(40),
  );
});
