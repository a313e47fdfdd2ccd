/** A destination whose host comes from a service: known after apply, and never more than its line allows. */
import { difference } from '../../review/difference/difference';
import { allowlistOf } from '../../review/model/allowlist-facts';
import type { Variable } from '../../review/model/facts';
import { Model } from '../../review/model/model';
import { plain } from '../../review/phrase';
import { application, CLIENT, LOCAL, PUBLIC, recipe } from './support/facts';

const LINE = '$EGRESS_HOST_FILES_BUCKET:443@10.98.0.0/24';
const BUCKET = 'b.s3.us-gov-west-1.amazonaws.com';
const LATER: Variable = {
  token: 'demo proxy environment after apply',
  because: 'EGRESS_HOST_FILES_BUCKET (known after apply)',
};

function model(line: string, host?: Variable, today?: string): Model {
  const environment = new Map<string, Variable>(Object.entries({ EGRESS_ALLOW: line }));
  if (host !== undefined) environment.set('EGRESS_HOST_FILES_BUCKET', host);
  const proxy = application('outside/proxy', {}, { environment, allowlist: allowlistOf(environment) });
  const groups = [PUBLIC, LOCAL];
  return new Model(recipe('', { groups, applications: [proxy, application('inside/web', CLIENT)] }), today);
}

const rows = (before: Model, after: Model): string[] =>
  difference(before, after).map(({ verdict, what }) => `${verdict}: ${plain(what)}`);
const reaches = (of: Model, address: number): string =>
  of.reaches('org/inside/web', 'org/outside/proxy', BUCKET, 443, address);
const INSIDE = 0x0a620014;
const ELSEWHERE = 0x0a630014;

test('before the host is known, it is an unknown host limited to its range and ports', () => {
  const after = model(LINE, LATER);
  expect(rows(model(''), after)).toEqual([
    `unknown: EGRESS_HOST_FILES_BUCKET (known after apply): any name within 10.98.0.0/24 on port 443, as ${LINE} says`,
  ]);
  expect([INSIDE, ELSEWHERE].map((address) => reaches(after, address))).toEqual(['unknown', 'no']);
});

test('an end in the past closes it, before the host is known', () => {
  const on = (today: string) => model(`${LINE} until 2026-12-31`, LATER, today);
  expect(['2026-12-31', '2027-01-01'].map((today) => reaches(on(today), INSIDE))).toEqual(['unknown', 'no']);
  expect(rows(model(''), on('2027-01-01'))).toEqual([]);
});

test('an approval covers only that service, field, range and end', () => {
  const digests = [
    LINE,
    LINE.replace('BUCKET', 'FIPS_BUCKET'),
    LINE.replace('/24', '/16'),
    `${LINE} until 2026-12-31`,
  ].map((line) => {
    const environment = new Map<string, Variable>([
      ['EGRESS_ALLOW', line],
      [line.slice(1, line.indexOf(':')), LATER],
    ]);
    return allowlistOf(environment)?.lines.map(({ late }) => late?.token);
  });
  expect(new Set(digests.map(String)).size).toBe(4);
});

test('once known, it is only that host', () => {
  const known = model(LINE, BUCKET);
  expect(rows(model(''), known)).toEqual([]);
  expect(known.proxies.linesFor('org/outside/proxy').map(({ destination }) => String(destination))).toEqual([
    `${BUCKET}:443@10.98.0.0/24`,
  ]);
});

test.each<[string, string, Variable | undefined]>([
  ['no variable', LINE, undefined],
  ['an empty variable', LINE, ''],
  ['a domain', LINE, '.amazonaws.com'],
  ['two lines', LINE, 'a.example.gov:443\nb.example.gov'],
  ['exceptions', LINE, '.a.example.gov!b.a.example.gov'],
  ['no range', LINE.replace(/@.*/, ''), BUCKET],
  ['another variable', LINE.replace('EGRESS_HOST_FILES_BUCKET', 'PATH'), BUCKET],
])("with %s it is a line that the proxy can't read either", (_, line, host) => {
  const [read] = model(line, host).proxies.linesFor('org/outside/proxy');
  expect(read).toEqual({
    text: expect.any(String) as string,
    error: expect.stringContaining('a line of the list') as string,
  });
});
