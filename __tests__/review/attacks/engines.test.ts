import { LIST, LONGER, program, proxy, stoppedBetween } from './attempts';

const listed = (expression: string, more: object = {}): object =>
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
    expect(stoppedBetween(listed(LIST, more), listed(expression, more))).toBe(true);
  });

  it('but one that both evaluate the same is', () => {
    expect(stoppedBetween(listed(LIST), listed(unless('1 + 1 == 2 && "a" != "b"')))).toBe(false);
    expect(stoppedBetween(listed(LIST), listed(LONGER.replace('evil', '${lower("EVIL")}')))).toBe(true);
  });
});
