import fc from 'fast-check';
import { recipe } from '../support/facts';
import { approvalOf } from '../../../review/commands/publish';
import type { Change } from '../../../review/difference/change';
import { difference } from '../../../review/difference/difference';
import { Model } from '../../../review/model/model';
import type { Text } from '../../../review/phrase';
import { digestOf } from '../../../review/report/digest';
import { WAYS, type Way } from '../../../review/report/ways';
import { reviewPlans, reviewTrees } from '../../../review/review';
import { plan as planOf, planFile } from '../support/plan';

/** Similar words, to detect a digest that ignores where a word ends. */
const word = fc.oneof(fc.constantFrom('a', 'b', 'ab', '', '"', ',', '\n', '["a"]'), fc.string({ maxLength: 5 }));
const text: fc.Arbitrary<Text> = fc.oneof(
  word,
  fc.array(fc.oneof(word, fc.record({ name: word })), { minLength: 1, maxLength: 3 }),
);
const optional = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
const FIELDS = {
  verdict: fc.constantFrom('opens' as const, 'unknown' as const),
  way: fc.constantFrom(...(Object.keys(WAYS) as Way[])),
  who: fc.uniqueArray(word, { minLength: 1, maxLength: 3 }),
  what: text,
  via: optional(word),
  note: optional(text),
  token: optional(word),
};
const change: fc.Arbitrary<Change> = fc.record(FIELDS, { requiredKeys: ['verdict', 'way', 'who', 'what'] });
const environments = fc.uniqueArray(
  fc.record({ name: word, openings: fc.array(change, { minLength: 1, maxLength: 4 }) }),
  { minLength: 1, maxLength: 3, selector: ({ name }) => name },
);
const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

test('any change of any field of anything that opens changes the digest', () => {
  const fields = Object.keys(FIELDS) as (keyof typeof FIELDS)[];
  for (const field of fields) {
    fc.assert(
      fc.property(change, FIELDS[field] as fc.Arbitrary<unknown>, word, (one, value, name) => {
        fc.pre(field !== 'who' || !one.who.some((id) => (value as string[]).includes(id)));
        fc.pre(!same(one[field], value) && !same([one[field]], value) && !same(one[field], [value]));
        const other = { ...one, [field]: value };
        const of = (...openings: Change[]) => digestOf('plans', [{ name, openings }]);
        expect(of(other)).not.toBe(of(one));
        expect(of(one, other)).not.toBe(of(one));
      }),
    );
  }
});

test('another environment, another kind of review, or an additional change does so too', () => {
  fc.assert(
    fc.property(environments, word, change, (all, name, more) => {
      const first = all[0] as (typeof all)[number];
      const digest = digestOf('plans', all);
      expect(digestOf('programs', all)).not.toBe(digest);
      if (!all.some((each) => each.name === name)) {
        expect(digestOf('plans', [{ ...first, name }, ...all.slice(1)])).not.toBe(digest);
      }
      const known = new Set(first.openings.map((each) => JSON.stringify(each)));
      fc.pre(!known.has(JSON.stringify(more)) && !same([more.what], more.what));
      fc.pre(!first.openings.some(({ way }) => way === more.way));
      expect(digestOf('plans', [{ ...first, openings: [...first.openings, more] }, ...all.slice(1)])).not.toBe(digest);
    }),
  );
});

test('the order of rows, of applications and of environments does not matter', () => {
  const shuffled = environments.chain((all) =>
    fc.tuple(
      fc.constant(all),
      fc
        .tuple(...all.map(({ openings }) => fc.shuffledSubarray(openings, { minLength: openings.length })))
        .map((orders) => all.map((each, index) => ({ ...each, openings: orders[index] ?? [] })))
        .chain((each) => fc.shuffledSubarray(each, { minLength: each.length })),
    ),
  );
  fc.assert(
    fc.property(shuffled, ([all, other]) => {
      expect(digestOf('plans', other)).toBe(digestOf('plans', all));
    }),
  );
});

test("it has 160 bits in letters that labels distinguish, and the label fits GitHub's limit", () => {
  fc.assert(
    fc.property(environments, (all) => {
      const digest = digestOf('plans', all);
      expect(digest).toMatch(/^[0-9a-v]{32}$/);
      expect(approvalOf({ digest }).length).toBeLessThanOrEqual(50);
    }),
  );
});

const TODAY = '2026-11-28';
const opened = (allow: string): string => {
  const openings = difference(new Model(recipe(''), TODAY), new Model(recipe(allow), TODAY)).filter(
    ({ verdict }) => verdict !== 'closes',
  );
  expect(openings).not.toEqual([]);
  return digestOf('plans', [{ name: '', openings }]);
};

test("the approval of a destination that ends tomorrow doesn't cover a later end", () => {
  const lines = ['', ' until 2026-11-29', ' until 2026-11-30'].map((end) => `www.example.com:443${end}`);
  expect(new Set(lines.map((line) => opened(line))).size).toBe(3);
});

test("the approval of an audit that ends tomorrow doesn't cover one without an end", () => {
  const digests = ['audit', 'audit until 2026-11-29', 'audit until 2026-11-30'].map((line) => opened(line));
  expect(new Set(digests).size).toBe(3);
});

/** A plan of one resource that is updated in place. */
function plan(stack: string, type: string, [before, after]: readonly object[], sensitive: object = {}) {
  return planFile(planOf([{ address: `${type}.x`, before, after, sensitive }]), stack);
}

describe('an approval of what is unknown', () => {
  const SPACE = { id: 's', name: 'space', org: 'o', isolation_segment: 'shared' };
  const moved = (stack: string, yes: boolean) =>
    plan(stack, 'cloudfoundry_space', [SPACE, { ...SPACE, isolation_segment: yes ? 'other' : 'shared' }]);

  test("in one stack doesn't cover the same in another stack, or in both", () => {
    const digests = [
      [true, false],
      [false, true],
      [true, true],
    ].map(([dev = false, prod = false]) => reviewPlans([moved('dev', dev), moved('prod', prod)]).digest);
    expect(new Set(digests).size).toBe(3);
  });

  test("doesn't do so without a plan either", () => {
    const stack = (name: string, segment: string) => ({
      name,
      json: { resource: { cloudfoundry_space: { x: { name: 'space', org: 'o', isolation_segment: segment } } } },
    });
    const before = [stack('dev', 'shared'), stack('prod', 'shared')];
    const digests = [
      [stack('dev', 'other'), stack('prod', 'shared')],
      [stack('dev', 'shared'), stack('prod', 'other')],
    ].map((after) => reviewTrees(before, after).digest);
    expect(new Set(digests).size).toBe(2);
  });
});

describe('an approval of a list that is not shown', () => {
  const app = (list: string) => ({
    id: 'a',
    name: 'proxy',
    org_name: 'o',
    space_name: 's',
    docker_image: 'proxy',
    environment: { EGRESS_ALLOW: list },
  });
  const digest = (list: string, written: string): string => {
    const hidden = plan('p', 'cloudfoundry_app', [app('a.example.gov'), app(list)], {
      environment: { EGRESS_ALLOW: true },
    });
    const json = { resource: { cloudfoundry_app: { x: { environment: { EGRESS_ALLOW: written } } } } };
    const report = reviewPlans([hidden], [{ name: 'p', json }]);
    expect(report.widens).toBe(true);
    return report.digest;
  };

  test("doesn't cover another list next to the same secret", () => {
    const one = digest('a.example.gov b.example.gov', '${var.list} b.example.gov');
    expect(digest('a.example.gov c.example.gov', '${var.list} c.example.gov')).not.toBe(one);
  });

  test('contains nothing of the secret', () => {
    expect(digest('b.example.gov', '${var.list}')).toBe(digest('c.example.gov', '${var.list}'));
  });
});
