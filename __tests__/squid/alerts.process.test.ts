import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { REPOSITORY } from '../../tools/platform';

const FOLDER = join(REPOSITORY, 'docs/metrics');

/** `npm run test:alerts` fails if it can't be found. */
const PROMTOOL = process.env.PROMTOOL ?? 'promtool';
const wanted = process.env.PROMTOOL !== undefined || spawnSync(PROMTOOL, ['--version']).status === 0;
const testOfPrometheus = wanted ? test : test.skip;

const promtool = (...words: string[]): string => execFileSync(PROMTOOL, words, { cwd: FOLDER, encoding: 'utf8' });

/** A page of metrics with one value of each kind, in the proxy's format. */
const PAGE = String.raw`
use Egress::Traffic;
my $traffic = Egress::Traffic->new;
$traffic->count(qq({"client":"10.0.0.1","user":"web.1","method":"GET","host":"a\\\\b","port":"80","verdict":"allowed","rule":"listed","received":1,"sent":2,"duration":3}\n));
$traffic->count(qq({"client":"10.0.0.1","user":"-","method":"GET","host":"b","port":"80","verdict":"refused","rule":"not-listed","received":1,"sent":2,"duration":3}\n));
print $traffic->page(map { $_ => ['What it is.', [1, side => 'client']] } @ARGV);`;

const PROGRAM = readFileSync(join(REPOSITORY, 'squid/metrics'), 'utf8');
const GAUGES = [...PROGRAM.matchAll(/^ {4}(egress_[a-z_]+) =>/gm)].map(([, name = '']) => name);

const page = (): string =>
  execFileSync('perl', ['-I', join(REPOSITORY, 'squid/lib'), '-e', PAGE, ...GAUGES], { encoding: 'utf8' });

interface Group {
  readonly rules: readonly { readonly expr: string; readonly record?: string }[];
}

test('the alert rules ask for metrics that there are', () => {
  const { groups } = parse(readFileSync(join(FOLDER, 'alerts.yml'), 'utf8')) as { readonly groups: readonly Group[] };
  const asked = groups.flatMap(({ rules }) =>
    rules.flatMap(({ expr }) => expr.match(/(?<!:)\begress_[a-z_]+(?!:)\b/g) ?? []),
  );
  const answered = [...page().matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
  expect(GAUGES.length).toBeGreaterThan(4);
  expect(asked.length).toBeGreaterThan(4);
  expect(asked.filter((name) => !answered.includes(name))).toEqual([]);
});

testOfPrometheus('promtool takes the alert rules, which alert of what they say', () => {
  expect(promtool('check', 'rules', 'alerts.yml')).toContain('SUCCESS');
  expect(promtool('test', 'rules', 'alerts.test.yml')).toContain('SUCCESS');
});

testOfPrometheus('promtool takes the metrics', () => {
  expect(spawnSync(PROMTOOL, ['check', 'metrics'], { input: page(), encoding: 'utf8' })).toMatchObject({
    status: 0,
    stderr: '',
  });
});
