import { app, LIST, LONGER, program, proxy, stoppedBetween } from './attempts';
import type { SynthesizedStack } from '../../../review/readers/tree';
import { reviewTrees } from '../../../review/review';

const listed = (expression: string, more: object = {}): object =>
  program(
    { cloudfoundry_app: { proxy: proxy(expression), web: app('web') } },
    { locals: { list: LIST, cloudfoundry_app: { web: { id: LIST } } }, ...more },
  );

/** Expressions that the engine reads as `local.list`, but other readers might not. */
const HIDDEN: Readonly<Record<string, string>> = {
  'after a comment': '${trimspace(local./**/list)}',
  'after a comment to the end of the line': '${trimspace(local.# ...\nlist)}',
  'after a comment and an address': '${format("https://a.example%s", local./**/list)}',
  'after a comment and a text with a hash sign': '${format("#%s", local./**/list)}',
  'after what looks like the start of a comment': '${"/*" == "" ? "" : local./**/list}',
  'after what looks like a path with a comment': '${format("a./*%s", local./**/list)}',
};

describe("an expression that isn't evaluated counts as what it refers to", () => {
  it.each(Object.entries(HIDDEN))('%s', (_, expression) => {
    const before = listed(expression);
    const after = listed(expression, { locals: { list: LONGER } });
    expect(stoppedBetween(before, after)).toBe(true);
    expect(stoppedBetween(before, before)).toBe(false);
  });

  it('after a comment, under a name that a resource also has', () => {
    const expression = '${trimspace(local./**/cloudfoundry_app.web.id)}';
    const after = listed(expression, { locals: { cloudfoundry_app: { web: { id: LONGER } } } });
    expect(stoppedBetween(listed(expression), after)).toBe(true);
  });
});

describe('a value from outside of the review’s input is unknown in every review', () => {
  const OUTSIDE: Readonly<Record<string, string>> = {
    'a file behind a comment': '${file/**/("list.txt")}',
    'a file behind a comment to the end of its line': '${file#\n("list.txt")}',
    'a file by a function of a provider': '${provider::files::read("list.txt")}',
    'a function of a provider behind a comment': '${provider/**/::files::read("list.txt")}',
    'a function of the provider that looks at files': '${provider::local::direxists("list")}',
  };
  it.each(Object.entries(OUTSIDE))('%s', (_, expression) => {
    expect(stoppedBetween(listed(expression), listed(expression))).toBe(true);
  });

  it('but not the result of a provider’s function that depends only on its arguments', () => {
    const expression = '${provider::time::rfc3339_parse("2026-12-31T00:00:00Z").year}';
    expect(stoppedBetween(listed(expression), listed(expression))).toBe(false);
  });
});

describe('a state in a file', () => {
  const reading = (path: string, own: string): object =>
    listed('${data.terraform_remote_state.x.outputs.list}', {
      terraform: { backend: { local: { path: own } } },
      data: { terraform_remote_state: { x: { backend: 'local', config: { path } } } },
    });

  it('is another one in another folder, unless only the checkout differs', () => {
    const own = '/before/terraform.s.tfstate';
    const before = reading('/before/terraform.x.tfstate', own);
    expect(stoppedBetween(before, reading('/evil/terraform.x.tfstate', own))).toBe(true);
    const elsewhere = reading('/after/terraform.x.tfstate', '/after/terraform.s.tfstate');
    const [old, now] = [before, elsewhere].map((json, at) => [
      { name: 's', json, checkout: at === 0 ? '/before' : '/after' },
    ]) as [SynthesizedStack[], SynthesizedStack[]];
    expect(reviewTrees(old, now).widens).toBe(false);
    expect(stoppedBetween(reading('a/x.tfstate', own), reading('b/x.tfstate', own))).toBe(true);
  });
});

const proxyWith = (expression: string, more: object = {}): object =>
  program({ cloudfoundry_app: { proxy: proxy(expression) } }, more);
/** A condition that is true here only if the review reads it differently than the engine. */
const unless = (condition: string): string => `\${${condition} ? "${LIST}" : "evil.example:443"}`;

/** Expressions that a naive reader evaluates to the list, and the engine to something else. */
const OTHERWISE: Readonly<Record<string, string>> = {
  'a pattern that contains a line end': '${replace("a.example:443", "/a.example\\n*/", "evil.example")}',
  'letters in two forms': unless('"\u00e9" != "e\u0301"'),
  'unpaired surrogates': unless('"\\ud83d" != "\\ud83e"'),
  'a name in two forms': `\${{"\u00e9" = "${LIST}", "e\u0301" = "evil.example:443"}["\u00e9"]}`,
  'two objects with a name in two forms': `\${merge({"\u00e9" = "${LIST}"}, {"e\u0301" = "x"})["\u00e9"]}`,
  'the order of names': `\${values({"\uff61" = "evil.example:443", "\u{1f600}" = "${LIST}"})[0]}`,
  'the order of keys': unless('keys({"\uff61" = 1, "\u{1f600}" = 1})[0] != "\uff61"'),
  'a set of letters in two forms': unless('length(toset(["\u00e9", "e\u0301"])) == 2'),
  'an inexact sum': unless('999999999999999 + 0.00000000000001 == 999999999999999'),
  'minus zero': unless('"x${-0}" == "x0"'),
  'minus zero from a product': unless('"x${0 * -1}" == "x0"'),
  'minus zero as JSON': unless('jsonencode(local.zero) == "0"'),
  'lists, one of which contains texts': unless('tolist([[1], ["a"]])[0][0] != "1"'),
  'a map of lists, one of which contains texts': unless('tomap({a = [1], b = ["a"]}).a[0] != "1"'),
  'a number next to what may be a text': unless('[true ? 1 : var.open][0] != "1"'),
  'a long number as a text': unless('var.long == "1e+21"'),
  "a default, which isn't a template": unless('var.literal == "$${a}"'),
};

describe('an expression that engines evaluate differently is not evaluated', () => {
  const more = {
    locals: { zero: -0 },
    variable: { open: {}, long: { type: 'string', default: 1e21 }, literal: { default: '$${a}' } },
  };

  it.each(Object.entries(OTHERWISE))('by %s', (_, expression) => {
    expect(stoppedBetween(proxyWith(LIST, more), proxyWith(expression, more))).toBe(true);
  });

  it('but one that both evaluate the same is', () => {
    expect(stoppedBetween(proxyWith(LIST), proxyWith(unless('1 + 1 == 2 && "a" != "b"')))).toBe(false);
    expect(stoppedBetween(proxyWith(LIST), proxyWith(LONGER.replace('evil', '${lower("EVIL")}')))).toBe(true);
  });
});
