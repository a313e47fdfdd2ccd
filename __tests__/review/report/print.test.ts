import Ajv from 'ajv';
import { HtmlRenderer, Parser } from 'commonmark';
import fc from 'fast-check';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import schema from '../../../review/report/review.schema.json';
import { runCommand } from '../support/command';
import { application, CLIENT, policy, recipe } from '../support/facts';
import { drawn } from '../../support/laws';
import { temporaryFolder } from '../../support/temporary-folder';
import { auditText } from '../../../review/audit';
import { explainCommand } from '../../../review/commands';
import { difference } from '../../../review/difference/difference';
import type { Facts } from '../../../review/model/facts';
import { Model } from '../../../review/model/model';
import { plain, type Text } from '../../../review/phrase';
import { digestOf } from '../../../review/report/digest';
import { line, mermaidText, visible } from '../../../review/report/escape';
import { json } from '../../../review/report/json';
import { markdown } from '../../../review/report/markdown';
import { draw, pictureOf } from '../../../review/report/picture';
import {
  Labels,
  sentenceOf,
  type EnvironmentReport,
  type Report,
  type ReportedFinding,
  type Row,
  rowsByVerdict,
} from '../../../review/report/report';
import { text } from '../../../review/report/text';
import { WAYS, type Way } from '../../../review/report/ways';

function environment(before: Facts, after: Facts, name = ''): EnvironmentReport {
  const [old, now] = [new Model(before), new Model(after)];
  const labels = new Labels(old, now);
  const changes = difference(old, now);
  return {
    name,
    ...rowsByVerdict(changes, old, now, labels),
    drift: [],
    findings: [],
    acknowledged: [],
    replaced: [],
    renamed: [],
    notLookedAt: [],
    picture: () => pictureOf(old, now, changes, labels),
    openings: changes.filter(({ verdict }) => verdict !== 'closes'),
  };
}

function report(...environments: EnvironmentReport[]): Report {
  return { kind: 'plans', widens: true, digest: digestOf('plans', environments), environments };
}

const many = (count: number): Facts => {
  const names = Array.from({ length: count }, (_, index) => `client-with-a-rather-long-name-${index}`);
  return recipe(names.map((name) => `${name}.example.gov:443`).join('\n'), {
    applications: [
      application('outside/proxy', { EGRESS_ALLOW: names.map((name) => `${name}.example.gov:443`).join('\n') }),
      ...names.map((name) => application(`inside/${name}`, CLIENT)),
    ],
    policies: names.map((name) => policy(`inside/${name}`, 'outside/proxy')),
  });
};

describe('JSON', () => {
  const clients = Array.from({ length: 300 }, (_, index) => `client-${index}`);
  const entries = Array.from({ length: 100 }, (_, index) => `host-${index}.example.gov:443`);
  const facts = recipe(entries.join('\n'), {
    applications: [
      application('outside/proxy', { EGRESS_ALLOW: entries.join('\n') }),
      ...clients.map((name) => application(`inside/${name}`, CLIENT)),
    ],
    policies: clients.map((name) => policy(`inside/${name}`, 'outside/proxy')),
  });

  it('fits the published schema', () => {
    const valid = new Ajv().compile(schema);
    valid(JSON.parse(json(report(environment(recipe(''), facts)))));
    expect(valid.errors).toBeNull();
  });

  it('lists each set of clients once, for any number of rows', () => {
    const printed = json(report(environment(recipe(''), facts)));
    expect(printed.match(/"client-7"/g)).toHaveLength(1);
    const { environments } = JSON.parse(printed) as {
      environments: { clients: string[][]; opens: { way: string; who: number }[] }[];
    };
    const [{ clients: sets, opens } = { clients: [], opens: [] }] = environments;
    const proxied = opens.filter(({ way }) => way === 'proxy');
    expect(proxied).toHaveLength(entries.length);
    expect(new Set(proxied.map(({ who }) => sets[who]?.length))).toEqual(new Set([clients.length]));
  });
});

describe('the sentence', () => {
  it('counts what opens and closes, and names the first that opens', () => {
    const change = report(environment(recipe('a.example.gov:443'), recipe('b.example.gov:443\nc.example.gov:443')));
    expect(plain(sentenceOf(change))).toBe(
      'opens 2, closes 1: web can now reach b.example.gov:443 through proxy, and 2 more',
    );
  });

  it('says that nothing changed in words that never describe a change', () => {
    expect(plain(sentenceOf(report(environment(recipe(), recipe()))))).toBe('no change of reach');
  });

  it('names the environment if there are several', () => {
    const [same, opened] = [
      environment(recipe(), recipe(), 'staging'),
      environment(recipe(''), recipe(), 'production'),
    ];
    expect(plain(sentenceOf(report(same, opened)))).toBe(
      'opens 1, closes 0: production: web can now reach www.example.com:443 through proxy',
    );
  });
});

describe('a way', () => {
  it('is in the published schema', () => {
    expect(schema.definitions.rows.items.properties.way.enum).toEqual(Object.keys(WAYS).sort());
  });

  it('with unknown effect is identified by the address of what changes', () => {
    const row = {
      verdict: 'unknown',
      way: 'other',
      who: ['cloudfoundry_x.y'],
      what: 'attribute',
      code: ['demo/X'],
    } as const;
    const change = report({ ...environment(recipe(), recipe()), unknown: [row] });
    const clause = 'cloudfoundry_x.y: may now do anything (the review does not know what attribute does)';
    expect(plain(sentenceOf(change))).toBe(`opens 0, closes 0, leaves 1 unknown: ${clause}`);
    expect(text(change)).toContain(`  ? ${clause}\n`);
    expect(markdown(change)).toContain(
      '| `cloudfoundry_x.y` | anything | the review does not know what `attribute` does | `demo/X` |',
    );
  });

  it.each([
    ['module', 'module.m', 'the content of the module was not read'],
    ['provisioner', 'cloudfoundry_app.web', 'a provisioner runs a program'],
    ['unknown block', 'gateway.g', 'the review does not know this kind of block'],
  ])('of something other than a resource says why it is unknown: %s', (what, who, why) => {
    const row = { verdict: 'unknown', way: 'other', who: [who], what, code: [] } as const;
    const change = report({ ...environment(recipe(), recipe()), unknown: [row] });
    expect(text(change)).toContain(`  ? ${who}: may now do anything (${why})\n`);
  });
});

describe('the digest', () => {
  const of = (before: Facts, after: Facts) => digestOf('plans', [environment(before, after)]);

  it('is the same for the same openings, regardless of what closes', () => {
    expect(of(recipe(''), recipe('a.example.gov:443'))).toBe(
      of(recipe('b.example.gov:443'), recipe('a.example.gov:443')),
    );
  });

  it('changes as soon as more opens, or for someone else', () => {
    const digests = [
      of(recipe(''), recipe('a.example.gov:443')),
      of(recipe(''), recipe('a.example.gov:443\nb.example.gov:443')),
      of(recipe(''), recipe('a.example.gov:80,443')),
      of(recipe('', { policies: [] }), recipe('', { policies: [policy('outside/proxy', 'inside/web')] })),
    ];
    expect(new Set(digests).size).toBe(digests.length);
  });
});

describe('the comment', () => {
  it("stays below GitHub's limit, and says what it omits", () => {
    const comment = markdown(report(environment(recipe(''), many(250))));
    expect(comment.length).toBeLessThan(65_536);
    expect(comment).toMatch(/\d+ more were left out: they are in the JSON of the review/);
    expect(comment).toMatch(/\d+ edges were left out/);
    expect(comment).toMatch(/`egress-approved-[0-9a-v]{32}`/);
  });

  it('folds a long table', () => {
    const comment = markdown(report(environment(recipe(''), many(20))));
    expect(comment).toContain('<details><summary>Opens (');
    expect(comment).not.toContain('more were left out');
  });
});

describe('the picture', () => {
  it('marks what opens and what closes, and keeps what stays', () => {
    const { picture } = environment(
      recipe('a.example.gov:443\nb.example.gov:443'),
      recipe('b.example.gov:443\nc.example.gov:443'),
    );
    expect(draw(picture()).text.split('\n')).toEqual([
      'flowchart LR',
      '  subgraph s0["outside"]',
      '    n0["proxy"]',
      '  end',
      '  subgraph s1["inside"]',
      '    n1["web"]',
      '  end',
      '  n2(["c.example.gov:443"])',
      '  n3(["a.example.gov:443"])',
      '  n4(["b.example.gov:443"])',
      '  n0 ==>|"+"| n2',
      '  linkStyle 0 stroke:#1a7f37,stroke-width:3px',
      '  n0 -.->|"−"| n3',
      '  linkStyle 1 stroke:#cf222e,stroke-width:2px',
      '  n1 -->|"tcp 3128"| n0',
      '  n0 --> n4',
    ]);
  });

  it('omits unchanged edges before it becomes unreadable', () => {
    const before = many(100);
    const { text: drawn, leftOut } = draw(
      environment(before, recipe('new.example.gov:443', { ...before, applications: before.applications })).picture(),
    );
    expect(drawn.split('\n').filter((line) => line.includes('-->')).length).toBeLessThanOrEqual(60);
    expect(leftOut).toBeGreaterThan(0);
  });
});

/** The author of a pull request chooses the names in it. In every format of the review, they must be only text. */

const EVIL = [
  ...['`', '``', '```', '\n', '\r\n', '\n\n', '\n# big', '\n- item', '\n> quote', '|', '\\', '\\|', '@team', '#1'],
  ...['GH-1', 'org/repo#7', '<img src=//e>', '</details>', '<!-- -->', '&lt;', '&#64;', '[a](//e)', '![a](//e)'],
  ...['https://e.example', 'www.e.example', 'me@e.example', '::error::x', '##[error]x', '\n::error::x', '\u202e'],
  ...['\u200b', '\u2066', '\u3164', '\u2028', '\0', '\u001b[31m', '~~a~~', '**a**', '_a_', '$a$', ':smile:', '[ ] '],
  ...['[^1]', '"', '];', '%%{init: {}}%%', 'end', '{{x}}', 'ä', '😀', 'deadbeefdeadbeef', ' ', ''],
] as const;
const name = fc
  .array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...EVIL) }, fc.string({ maxLength: 4 })), {
    minLength: 1,
    maxLength: 4,
  })
  .map((parts) => parts.join(''));
const phraseOf = fc.oneof(
  name as fc.Arbitrary<Text>,
  fc.array(fc.oneof(name, fc.record({ name })), { minLength: 1, maxLength: 3 }),
);
const optional = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
const names = fc.array(name, { minLength: 1, maxLength: 6 });
const row = (verdict: Row['verdict']): fc.Arbitrary<Row> =>
  fc.record({
    verdict: fc.constant(verdict),
    way: fc.constantFrom(...(Object.keys(WAYS) as Way[])),
    who: names,
    what: phraseOf,
    via: optional(name),
    note: optional(phraseOf),
    token: optional(name),
    code: names,
  });
const few = <T>(of: fc.Arbitrary<T>) => fc.array(of, { maxLength: 2 });
const origin = fc.record({ stack: name, address: name, path: optional(name) });
const finding = fc.record({
  rule: fc.constantFrom('one-rule', 'another-rule'),
  level: fc.constantFrom('error' as const, 'info' as const),
  subject: name,
  detail: optional(name),
  message: phraseOf,
  why: name,
  origin: optional(origin),
  fresh: fc.boolean(),
}) as fc.Arbitrary<ReportedFinding>;
const anyEnvironment: fc.Arbitrary<EnvironmentReport> = fc.record({
  name,
  opens: few(row('opens')),
  closes: few(row('closes')),
  unknown: few(row('unknown')),
  drift: few(row('opens')),
  findings: few(finding),
  acknowledged: few(fc.tuple(finding, name).map(([found, reason]) => ({ ...found, reason }))),
  replaced: few(fc.record({ stack: name, address: name, type: name, name, because: names })),
  renamed: few(fc.record({ what: name, from: origin, to: origin })),
  notLookedAt: few(name),
  picture: fc
    .record({
      spaces: few(fc.record({ name, applications: names })),
      edges: few(
        fc.record({ from: name, to: name, text: name, mark: fc.constantFrom('same' as const, 'opens' as const) }),
      ),
    })
    .map((drawn) => () => drawn),
  openings: fc.constant([]),
});
const anyReport: fc.Arbitrary<Report> = fc.record({
  kind: fc.constantFrom('plans' as const, 'programs' as const),
  widens: fc.boolean(),
  commit: optional(name),
  digest: fc.constant('0'.repeat(32)),
  environments: fc.array(anyEnvironment, { minLength: 1, maxLength: 2 }),
});

/** The same report with a harmless word instead of every name and every inserted text. */
function harmless<T>(value: T, key = ''): T {
  if (typeof value === 'string') return (FIXED.has(key) ? value : value === '' && key === 'name' ? '' : 'word') as T;
  if (Array.isArray(value)) return value.map((each: unknown) => harmless(each, key)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([field, each]) => [field, harmless(each as unknown, field)]),
  ) as T;
}
const FIXED = new Set(['verdict', 'way', 'kind', 'mark', 'level', 'rule', 'digest']);

/** Tags with their attributes, in order, without code, because unusual text becomes code. */
const elements = (html: string): string[] =>
  [...html.matchAll(/<\/?([a-z][a-z0-9]*)([^>]*)>/gi)].filter(([, tag]) => tag !== 'code').map(([whole]) => whole);
const gfmOf = (source: string): string =>
  micromark(source, { allowDangerousHtml: true, extensions: [gfm()], htmlExtensions: [gfmHtml()] });
/** The text outside of code, in which GitHub looks for mentions and the like. */
const outside = (html: string): string => html.replace(/<code[\s\S]*?<\/code>/g, '').replace(/<[^>]*>/g, '');

const laws = drawn(20);

test('no name changes the elements of the comment, or becomes a mention, reference or link on GitHub', () => {
  const renderer = new HtmlRenderer();
  // As GitHub renders it, and a renderer of CommonMark without tables.
  const htmlOf = (of: Report): string[] => {
    const source = markdown(of);
    return [gfmOf(source), renderer.render(new Parser().parse(source))];
  };
  fc.assert(
    fc.property(anyReport, (evil) => {
      const html = htmlOf(evil);
      const shapes = (of: readonly string[]) => of.map((each) => elements(each).sort());
      expect(shapes(html)).toEqual(shapes(htmlOf(harmless(evil))));
      const said = outside(html[0] ?? '');
      expect(said).not.toMatch(/[@#$~]|:\/\/|www\.|:\w+:|GH-\d|[0-9a-f]{7}/i);
      expect(said).not.toMatch(/[^\P{C}\n]|[\u2028\u2029]/u);
    }),
    laws,
  );
});

test('a name in the comment is the original, except for invisible characters', () => {
  fc.assert(
    fc.property(name, (who) => {
      const one: Row = { verdict: 'opens', way: 'proxy', who: [who], what: 'host', via: 'proxy', code: [] };
      const only = { ...EMPTY, opens: [one] };
      const html = gfmOf(markdown({ kind: 'plans', widens: true, digest: '0', environments: [only] }));
      const [, cell = ''] = /<td><code>([\s\S]*?)<\/code><\/td>/.exec(html) ?? [];
      expect(decode(cell)).toBe(who === '' ? '""' : visible(who).replace(/\\(?=\\*\|)/g, '\\u{5c}'));
    }),
    laws,
  );
});

const decode = (html: string): string =>
  html
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&amp;/g, '&');
const EMPTY: EnvironmentReport = {
  name: '',
  opens: [],
  closes: [],
  unknown: [],
  drift: [],
  findings: [],
  acknowledged: [],
  replaced: [],
  renamed: [],
  notLookedAt: [],
  picture: () => ({ spaces: [], edges: [] }),
  openings: [],
};

test('no name adds a line to the text, controls a terminal or gives a command to a workflow’s runner', () => {
  fc.assert(
    fc.property(anyReport, (evil) => {
      const printed = text(evil);
      expect(printed.split('\n')).toHaveLength(text(harmless(evil)).split('\n').length);
      expect(printed).not.toMatch(/^\s*::|##\[|[^\P{C}\n]|[\u2028\u2029]/mu);
    }),
    laws,
  );
});

test('JSON contains every name unchanged', () => {
  fc.assert(
    fc.property(anyReport, (evil) => {
      const { environments } = JSON.parse(json(evil)) as {
        environments: { clients: string[][]; opens: { who: number }[] }[];
      };
      expect(environments.map(({ clients, opens }) => opens.map(({ who }) => clients[who]))).toEqual(
        evil.environments.map(({ opens }) => opens.map(({ who }) => who)),
      );
    }),
    laws,
  );
});

test('a label of the picture never contains syntax', () => {
  fc.assert(
    fc.property(name, (label) => {
      expect(mermaidText(label)).toMatch(/^(?:[\p{L}\p{N} .,:/*_+−-]|#\d+;)*$/u);
    }),
    laws,
  );
  expect(mermaidText('"]; click x')).toBe('#34;#93;#59; click x');
});

test('invisible characters are made visible', () => {
  expect(visible('a\u202eb\u200bc\n')).toBe('a\\u{202e}b\\u{200b}c\\u{a}');
  expect(line('::error::x ##[error]')).not.toMatch(/^::|##\[/);
});

const COMMANDS = 'x\n::error::y\u001b[31m\u202e##[error]z';

function expectPlain(printed: string): void {
  expect(printed).not.toMatch(/[^\P{C}\n]/u);
  expect(printed).not.toMatch(/^\s*::/m);
  expect(printed).not.toContain('##[');
}

test('a group’s name in an audit controls neither the terminal nor the workflow’s runner', () => {
  const printed = auditText({ extra: [], missing: [], unknown: [], global: [COMMANDS], spaces: [COMMANDS] });
  expectPlain(printed);
  expect(printed.trim().split('\n')).toHaveLength(2);
});

test('neither does a space’s name in an explanation', async () => {
  const app = (name: string, space: string) => ({ name, org_name: 'o', space_name: space, docker_image: 'x' });
  const json = { resource: { cloudfoundry_app: { a: app('a', COMMANDS), b: app('b', COMMANDS) } } };
  const folder = temporaryFolder({ 'stacks/s/cdk.tf.json': JSON.stringify(json) });
  const { out, error } = await runCommand(explainCommand(), ['a', 'api.example.gov:443', '--tree', folder]);
  expect(out).toContain('error');
  expectPlain(out + error);
});
