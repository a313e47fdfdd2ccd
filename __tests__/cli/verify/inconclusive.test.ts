import Ajv from 'ajv';
import { NoAnswer, Refusal } from '../../../cli/cloud-foundry';
import { endOf, Inconclusive, inconclusiveOf, REMEDIES } from '../../../cli/verify/inconclusive';
import { CODES, outcomeOfAll, resultJson, type Result, type Row } from '../../../cli/verify/result';
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
