import { join } from 'node:path';
import fc from 'fast-check';
import type { Observation, Outcome, Probe, Row, Seen } from '../../app/types';
import { OUTCOMES } from '../../review/organization/document';
import { codePoint } from '../support/laws';
import { APP } from './support/stage';

const { parseProbes } = jest.requireActual<{ parseProbes: (text: string | undefined) => readonly Probe[] }>(
  join(APP, 'src/probes.js'),
);
const good = { name: 'it', url: 'https://www.example.com/', way: 'proxy', expect: 'reached' };

test('every probe that the type allows reads back as written', () => {
  const url = fc
    .tuple(fc.constantFrom('http', 'https'), fc.domain(), fc.string({ unit: codePoint }))
    .map(([scheme, host, path]) => `${scheme}://${host}/${encodeURIComponent(path)}`);
  const target = fc.oneof(fc.record({ url }), fc.record({ s3: fc.string({ minLength: 1 }) }));
  const rest = fc.oneof(
    fc.record({ way: fc.constant('direct'), expect: fc.constantFrom('reached', 'refused') }),
    fc.record({ way: fc.constant('proxy'), expect: fc.constantFrom('reached', 'refused', 'refused by proxy') }),
  );
  const probe = fc.tuple(fc.string({ minLength: 1 }), target, rest).map(([name, ...parts]) => ({
    name,
    ...parts[0],
    ...parts[1],
  }));
  const probes = fc.uniqueArray(probe, { minLength: 1, maxLength: 32, selector: ({ name }) => name });
  fc.assert(
    fc.property(probes, (list) => {
      expect(parseProbes(JSON.stringify(list))).toEqual(list);
    }),
  );
});

test.each([
  ['', 'EGRESS_PROBES is not set: there is nothing to probe'],
  ['[]', 'EGRESS_PROBES is empty: there is nothing to probe'],
  ['{}', 'EGRESS_PROBES is an object: write a JSON array of probes'],
  ['"x"', 'EGRESS_PROBES is a string: write a JSON array of probes'],
  ['null', 'EGRESS_PROBES is null: write a JSON array of probes'],
  [JSON.stringify(Array(33).fill(good)), 'EGRESS_PROBES has 33 probes: at most 32 run at a time'],
])('refuses %.20s as a list, and says what to write', (text, message) => {
  expect(() => parseProbes(text)).toThrow(new Error(message));
});

test('repeats what the JSON parser says', () => {
  expect(() => parseProbes('[{]')).toThrow(/^EGRESS_PROBES is not JSON: .+/);
});

test.each<[unknown, string]>([
  [7, 'is a number: write an object with name, url or s3, way and expect'],
  [[], 'is an array: write an object with name, url or s3, way and expect'],
  [{ ...good, expected: 'x' }, 'unknown field "expected": use name, url, s3, way, expect'],
  [{ ...good, name: undefined }, 'name is missing: say in a few words what is probed'],
  [{ ...good, name: '' }, 'name is "": say in a few words what is probed'],
  [{ ...good, s3: 'small.txt' }, 'give either url or s3'],
  [{ ...good, url: undefined }, 'give either url or s3'],
  [{ ...good, url: 'www.example.com' }, 'url is "www.example.com": write http://... or https://...'],
  [{ ...good, url: 'ftp://www.example.com' }, 'url is "ftp://www.example.com": write http://... or https://...'],
  [
    { ...good, url: 'http://a:b@www.example.com' },
    'url is "http://a:b@www.example.com": write http://... or https://...',
  ],
  [{ ...good, url: undefined, s3: '' }, 's3 is "": write an object\'s key'],
  [{ ...good, way: undefined }, 'way is missing: write one of "direct", "proxy"'],
  [{ ...good, expect: 'timed out' }, 'expect is "timed out": write one of "reached", "refused", "refused by proxy"'],
  [{ ...good, way: 'direct', expect: 'refused by proxy' }, "a direct probe can't be refused by the proxy"],
  [good, 'name "it" is taken: make it unique'],
])('refuses %j with the number of the probe', (probe, message) => {
  expect(() => parseProbes(JSON.stringify([good, probe]))).toThrow(new Error(`EGRESS_PROBES, probe 2: ${message}`));
});

const { judge, observeError, outcomeOfAll } = jest.requireActual<{
  judge: (probe: Probe, observation: Observation) => Pick<Row, 'ok' | 'outcome' | 'remedy'>;
  observeError: (error: unknown) => Observation;
  outcomeOfAll: (problems: readonly string[], rows: readonly Pick<Row, 'outcome'>[]) => Outcome;
}>(join(APP, 'src/outcome.js'));

const outcomes = fc.constantFrom<Outcome>(...OUTCOMES);

test('one unexpected outcome decides for all, and otherwise one inconclusive outcome does', () => {
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
