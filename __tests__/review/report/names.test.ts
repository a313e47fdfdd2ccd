import { HtmlRenderer, Parser } from 'commonmark';
import fc from 'fast-check';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { runCommand } from '../support/command';
import { drawn } from '../../support/laws';
import { temporaryFolder } from '../../support/temporary-folder';
import { auditText } from '../../../review/audit';
import { explainCommand } from '../../../review/commands';
import type { Text } from '../../../review/phrase';
import { line, mermaidText, visible } from '../../../review/report/escape';
import { json } from '../../../review/report/json';
import { markdown } from '../../../review/report/markdown';
import type { EnvironmentReport, Report, ReportedFinding, Row } from '../../../review/report/report';
import { text } from '../../../review/report/text';
import { WAYS, type Way } from '../../../review/report/ways';

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
const environment: fc.Arbitrary<EnvironmentReport> = fc.record({
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
const report: fc.Arbitrary<Report> = fc.record({
  kind: fc.constantFrom('plans' as const, 'programs' as const),
  widens: fc.boolean(),
  commit: optional(name),
  digest: fc.constant('0'.repeat(32)),
  environments: fc.array(environment, { minLength: 1, maxLength: 2 }),
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
    fc.property(report, (evil) => {
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
    fc.property(report, (evil) => {
      const printed = text(evil);
      expect(printed.split('\n')).toHaveLength(text(harmless(evil)).split('\n').length);
      expect(printed).not.toMatch(/^\s*::|##\[|[^\P{C}\n]|[\u2028\u2029]/mu);
    }),
    laws,
  );
});

test('JSON contains every name unchanged', () => {
  fc.assert(
    fc.property(report, (evil) => {
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
