import Ajv from 'ajv';
import type { Report, Row as ProbeRow } from '../../../app/types';
import { NoAnswer, Refusal } from '../../../cli/cloud-foundry';
import { endOf, Inconclusive, inconclusiveOf, REMEDIES } from '../../../cli/verify/inconclusive';
import {
  CODES,
  outcomeOf,
  outcomeOfAll,
  printRows,
  type Result,
  resultJson,
  type Row,
} from '../../../cli/verify/result';
import { rowOfAttempt, rowsOf } from '../../../cli/verify/verify';
import schema from '../../../cli/verify/verify.schema.json';

const refusal = (status: number, text: string) => new Refusal(new Response('', { status }), text);

test.each([
  [422, 'memory_in_mb exceeds space memory quota', 'quota exceeded'],
  [422, 'Task must have a droplet. Assign current droplet to app.', 'task cannot start'],
  [403, 'You are not authorized to perform the requested action', 'no permission'],
  [404, 'App not found', 'no permission'],
  [429, 'Rate Limit Exceeded', 'time-out'],
  [503, 'busy', 'time-out'],
])('a refusal with %d and "%s" is inconclusive: %s', (status, text, cause) => {
  const told = inconclusiveOf(refusal(status, text));
  expect(told?.reason).toBe(cause);
  expect(told?.message).toContain(REMEDIES[told?.reason ?? 'time-out']);
});

test("a platform that doesn't answer is inconclusive, but a mistake of the caller is an error", () => {
  expect(inconclusiveOf(new NoAnswer('silent'))?.reason).toBe('time-out');
  expect(inconclusiveOf(refusal(400, 'The query parameter is invalid'))).toBeUndefined();
  expect(inconclusiveOf(refusal(422, 'something else'))).toBeUndefined();
  expect(inconclusiveOf(new Error("there is no application named 'x'"))).toBeUndefined();
});

test.each([
  ['APP/TASK/x: Exited with status 127', 'task cannot start'],
  ['exec format error', 'task cannot start'],
  ['failed to pull the image', 'task cannot start'],
  ['task was cancelled', 'task ended early'],
  ['APP/TASK/x: Exited with status 137 (out of memory)', 'task ended early'],
  [null, 'task ended early'],
])('a task that ended with "%s" and said nothing is: %s', (reason, cause) => {
  expect(endOf(reason)).toBe(cause);
});

const ROW: Row = { number: 1, what: 'a', way: 'direct', expected: 'x', seen: 'y', milliseconds: 1, ok: true };
const UNCLEAR: Row = { ...ROW, ok: false, inconclusive: 'resolver does not answer' };
const WRONG: Row = { ...ROW, ok: false };

test.each<[string, Result, string, number]>([
  ['answers that are all right', { rows: [ROW, ROW] }, 'as expected', 0],
  ['one that says nothing', { rows: [ROW, UNCLEAR] }, 'inconclusive', 3],
  ['one that is wrong beside one that says nothing', { rows: [ROW, UNCLEAR, WRONG] }, 'not as expected', 2],
  ['no answer at all', { rows: [] }, 'inconclusive', 3],
  ['what could not be asked', { rows: [], failure: new Inconclusive('time-out', 'silent') }, 'inconclusive', 3],
])('%s is one of three outcomes, with its exit code and JSON', (_, result, outcome, code) => {
  expect(outcomeOfAll(result)).toBe(outcome);
  expect(CODES[outcomeOfAll(result)]).toBe(code);
  const valid = new Ajv().compile(schema);
  valid(JSON.parse(resultJson(result)));
  expect(valid.errors).toBeNull();
});

test('the schema names every cause', () => {
  expect([...schema.definitions.inconclusive.properties.cause.enum].sort()).toEqual(Object.keys(REMEDIES).sort());
});

const site = { kind: 'site', way: 'proxy', expect: 'refused by proxy', seen: 'refused by proxy' } as const;
const PROBE: ProbeRow = {
  ...site,
  name: 'a probe',
  target: 'https://www.example.net/',
  detail: '',
  status: 403,
  ok: true,
  outcome: 'as expected',
  remedy: null,
  milliseconds: 3,
};
const rowOf = (probe: Partial<ProbeRow>): Row | undefined =>
  rowsOf({ probes: [{ ...PROBE, ...probe }] } as unknown as Report)[0];

test.each<[string, Partial<ProbeRow>, number]>([
  ['an object through the proxy', { kind: 'object', target: 'small.txt' }, 2],
  ['an object without it', { kind: 'object', target: 'small.txt', way: 'direct' }, 3],
  ['an allowed site', { expect: 'reached' }, 4],
  ['a site that is not listed', {}, 5],
  ['a port that is not listed', { target: 'https://www.example.com:8443/' }, 6],
  ['an address', { target: 'http://169.254.169.254/' }, 7],
  ['a listed name that leads to a private address', { target: 'http://private.example.org/' }, 7],
  ['a site without the proxy', { way: 'direct', expect: 'refused' }, 16],
])('%s is a row for its behavior', (_what, probe, number) => {
  expect(rowOf(probe)?.number).toBe(number);
});

test('a refusal as expected needs no reason; an answer and a surprise have one', () => {
  expect(rowOf({ detail: 'ECONNREFUSED' })?.seen).toBe('refused by proxy');
  expect(rowOf({ seen: 'reached', detail: 'HTTP 200 OK' })?.seen).toBe('reached, HTTP 200 OK');
  expect(rowOf({ ok: false, seen: 'timed out', detail: 'after 5 s' })?.seen).toBe('timed out: after 5 s');
});

test.each([
  ['not asked', 'application cannot ask'],
  ['resolver does not answer', 'resolver does not answer'],
  ['name not resolved', 'resolver does not answer'],
] as const)('a probe that could not be made, %s, is a row with that cause', (seen, cause) => {
  expect(rowOf({ ok: false, outcome: 'inconclusive', seen })?.inconclusive).toBe(cause);
});

const LONG: Row = {
  number: 4,
  what: 'app → a site whose name is rather long for a table',
  way: 'public route',
  expected: 'refused by proxy',
  seen: 'reached, HTTP 200 OK from somewhere else',
  milliseconds: 1234.5,
  ok: true,
};

test('rows are a table in the width that is given, with a sentence that counts', () => {
  const lines = printRows([LONG, { ...LONG, number: 16 }], 80);
  expect(lines.every((line) => line.length <= 80)).toBe(true);
  expect(lines[0]).toMatch(/^ +# {2}who → whom +way +expected +seen +ms$/);
  expect(lines.at(-1)).toBe('All 2 answers are as expected.');
});

test('what is not as expected is marked and counted', () => {
  const lines = printRows([LONG, { ...LONG, ok: false }], 80);
  expect(lines.filter((line) => line.startsWith('✗'))).toHaveLength(1);
  expect(lines.at(-1)).toBe('1 of 2 answers are not as expected.');
});

describe("a proxy that is not this project's", () => {
  const refused = { ...LONG, number: 5, way: 'proxy' as const };
  const advice = (...rows: readonly Row[]): readonly string[] =>
    printRows(rows, 80).slice(printRows(rows, 80).findIndex((line) => line.endsWith('as expected.')) + 1);

  test('is told by what it answers to what is not listed, if something differs', () => {
    expect(advice({ ...refused, status: 200, ok: false }, { ...refused, status: 403 })).toEqual([
      'Hosts that are not listed were answered with 200, 403, never with 407, so this is not the proxy',
      'of this project, and nothing reads EGRESS_ALLOW: build an image from the folder squid and give it to EgressProxy.',
    ]);
  });

  test.each<[string, readonly Row[]]>([
    ['all is well', [{ ...refused, status: 403 }]],
    [
      'one tunnel was refused its way',
      [
        { ...refused, status: 407 },
        { ...refused, status: 200, ok: false },
      ],
    ],
    ['nothing answered', [{ ...refused, ok: false }]],
    ['only a listed site did', [{ ...refused, number: 4, status: 503, ok: false }]],
    [
      'the way did not lead through it',
      [
        { ...refused, status: 200 },
        { ...LONG, ok: false },
      ],
    ],
  ])('is not suspected where %s', (_what, rows) => {
    expect(advice(...rows)).toEqual([]);
  });
});

test.each([
  ['refused', 'as expected'],
  ['connected', 'not as expected'],
  ['timed out', 'not as expected'],
  ['no such name', 'inconclusive'],
] as const)('another application whose attempt is "%s" is %s', (attempt, outcome) => {
  expect(outcomeOf(rowOfAttempt({ host: 'proxy.internal', port: 8080, attempt, ms: 1 }, 'proxy.internal'))).toBe(
    outcome,
  );
});
