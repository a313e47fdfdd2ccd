import { join } from 'node:path';

import fc from 'fast-check';

import type { Observation, Outcome, Probe, Row, Seen } from '../../app/types';
import { OUTCOMES } from '../../review/organization/document';
import { APP } from './support/stage';

const { judge, observeError, outcomeOfAll } = jest.requireActual<{
  judge: (probe: Probe, observation: Observation) => Pick<Row, 'ok' | 'outcome' | 'remedy'>;
  observeError: (error: unknown) => Observation;
  outcomeOfAll: (problems: readonly string[], rows: readonly Pick<Row, 'outcome'>[]) => Outcome;
}>(join(APP, 'src/outcome.js'));

const outcomes = fc.constantFrom<Outcome>(...OUTCOMES);

test('one wrong outcome makes the whole wrong, and only all as expected make it as expected', () => {
  fc.assert(
    fc.property(fc.array(outcomes), fc.array(fc.string(), { maxLength: 1 }), (list, problems) => {
      const told = outcomeOfAll(
        problems,
        list.map((outcome) => ({ outcome })),
      );
      if (list.includes('not as expected')) expect(told).toBe('not as expected');
      else if (told === 'as expected') expect([new Set(list), problems]).toEqual([new Set(['as expected']), []]);
      else
        expect([told, list.length === 0 || list.includes('inconclusive') || problems.length > 0]).toEqual([
          'inconclusive',
          true,
        ]);
    }),
  );
});

test.each<[Probe['way'], Probe['expect'], Seen, Outcome]>([
  ['direct', 'refused', 'refused', 'as expected'],
  ['direct', 'refused', 'reached', 'not as expected'],
  // Nobody refused it, so it could have got out.
  ['direct', 'refused', 'timed out', 'not as expected'],
  ['direct', 'refused', 'failed', 'not as expected'],
  ['direct', 'refused', 'name not resolved', 'inconclusive'],
  ['direct', 'reached', 'name not resolved', 'inconclusive'],
  ['direct', 'refused', 'resolver does not answer', 'inconclusive'],
  ['proxy', 'refused by proxy', 'resolver does not answer', 'inconclusive'],
  ['proxy', 'refused by proxy', 'not asked', 'inconclusive'],
  ['proxy', 'reached', 'name not resolved', 'not as expected'],
  ['proxy', 'refused by proxy', 'refused', 'not as expected'],
])('a probe (%s) that should be %s and is seen as "%s" is %s', (way, expect_, seen, outcome) => {
  const probe = { name: 'it', url: 'http://a/', way, expect: expect_ };
  const judged = judge(probe, { seen, detail: '', status: null });
  expect(judged).toMatchObject({ outcome, ok: outcome === 'as expected' });
  expect(judged.remedy === null).toBe(outcome !== 'inconclusive');
});

test("a resolver that doesn't answer is distinguished from one that says there is no such name", () => {
  const failing = (code: string) => observeError(Object.assign(new Error(`getaddrinfo ${code} a`), { code })).seen;
  expect([failing('EAI_AGAIN'), failing('ENOTFOUND')]).toEqual(['resolver does not answer', 'name not resolved']);
});
