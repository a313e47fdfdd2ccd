import { join } from 'node:path';

import fc from 'fast-check';

import type { Probe } from '../../app/types';
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
