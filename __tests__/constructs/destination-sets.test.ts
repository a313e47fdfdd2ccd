import { readFileSync } from 'node:fs';
import { Allowlist } from '../../constructs/values/allowlist';
import { checkDay } from '../../constructs/values/day';
import { DestinationSets } from '../../constructs/destination-sets';
import { DESTINATION_SETS } from '../../constructs/values/host-sets';
import { findingsOf } from '../../review/rules';
import { Model } from '../../review/model/model';
import { COMMAND, PAGES, pathOf, written } from '../../tools/docs-tables';
import { recipe } from '../review/support/facts';

const names = Object.keys(DESTINATION_SETS) as (keyof typeof DESTINATION_SETS)[];

test('every set is a method, and every method except those of buckets is a set', () => {
  const methods = Object.getOwnPropertyNames(DestinationSets).filter(
    (name) => typeof DestinationSets[name as keyof typeof DestinationSets] === 'function',
  );
  expect(methods.sort()).toEqual([...names, 's3', 's3Fips'].sort());
});

describe.each(names)('%s', (name) => {
  const { source, asOf, lines } = DESTINATION_SETS[name];

  it('says where and when its hosts were named', () => {
    expect(source).toMatch(/^https:\/\//);
    expect(checkDay(asOf)).toBe(asOf);
  });

  it('contains hosts, each once, with one line of a list for each', () => {
    const set = DestinationSets[name]();
    expect(set.map(({ kind }) => kind)).toEqual(lines.map(() => 'host'));
    expect(set.map(String)).toEqual([...lines]);
    expect(new Allowlist(set).lines()).toHaveLength(lines.length);
  });

  it('causes no findings, unless tenants share a host', () => {
    const findings = findingsOf(new Model(recipe(lines.join('\n')), '2026-11-28')).map(({ rule }) => rule);
    expect(findings).toEqual(name === 'gitHubApi' ? ['allowlist-shared-host'] : []);
  });
});

test('a bucket has its own host, with FIPS if the region supports it, and causes no findings', () => {
  const lines = [...DestinationSets.s3('files', 'us-gov-west-1'), ...DestinationSets.s3Fips('files', 'us-gov-west-1')];
  expect(lines.map(String)).toEqual([
    'files.s3.us-gov-west-1.amazonaws.com:443',
    'files.s3-fips.us-gov-west-1.amazonaws.com:443',
  ]);
  expect(findingsOf(new Model(recipe(lines.join('\n'))))).toEqual([]);
});

test.each([
  [() => DestinationSets.s3('a.b', 'us-east-1'), "'a.b' is not a bucket with its own host: use one without dots"],
  [() => DestinationSets.s3('', 'us-east-1'), "'' is not a bucket"],
  [() => DestinationSets.s3('files', 'cn-north-1'), "'cn-north-1' is not a region with hosts in amazonaws.com"],
  [() => DestinationSets.s3('files', 'evil.example'), "'evil.example' is not a region"],
  [() => DestinationSets.s3Fips('files', 'eu-central-1'), "S3 has no FIPS endpoint in 'eu-central-1'"],
])('a bucket without such a host is refused, with what to do: %s', (make, message) => {
  expect(make).toThrow(message);
});

test.each(Object.keys(PAGES))(`docs/%s has the table that the code says; if not, run ${COMMAND}`, (page) => {
  expect(readFileSync(pathOf(page), 'utf8')).toBe(written(page));
});
