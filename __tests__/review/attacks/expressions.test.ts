import type { SynthesizedStack } from '../../../review/readers/tree';
import { reviewTrees } from '../../../review/review';
import { app, LIST, LONGER, program, proxy, stoppedBetween } from './attempts';

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
