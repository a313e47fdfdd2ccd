import * as fc from 'fast-check';
import { longSteps } from '../../bench/start';
import { GROWING } from '../../bench/synth-programs';
import { describeRatio, describeTimes, measure, median, timeOf } from '../../bench/times';
import { readArguments } from '../../tools/bench';
import { synth } from '../support/synth';

const times = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 9 });

test('half of the rounds took at most the median, and half of them at least the median', () => {
  fc.assert(
    fc.property(times, (all) => {
      const middle = median(all);
      expect(all.filter((time) => time <= middle).length * 2).toBeGreaterThanOrEqual(all.length);
      expect(all.filter((time) => time >= middle).length * 2).toBeGreaterThanOrEqual(all.length);
    }),
  );
});

test('no measurements have no median', () => {
  expect(() => median([])).toThrow('nothing was measured');
});

test('rounds run one after the other, and the time is that of the work', async () => {
  const events: string[] = [];
  const all = await measure(2, (index) =>
    timeOf(async () => {
      events.push(`begin ${index}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
      events.push(`end ${index}`);
    }),
  );
  expect(events).toEqual(['begin 0', 'end 0', 'begin 1', 'end 1']);
  expect(Math.min(...all)).toBeGreaterThan(4);
});

test('figures are printed with their spread, and as a ratio to a peer', () => {
  expect(describeTimes('synth', [3000, 1000, 1400])).toBe('synth: 1.4 s (1.0 s to 3.0 s in 3 rounds)');
  expect(describeTimes('synth', [100])).toBe('synth: 0.1 s (0.1 s to 0.1 s in 1 round)');
  expect(describeRatio('one', [100, 300], 'the other', [100])).toBe('one takes 2.00 times as long as the other');
});

test('the long steps of a start are found, even if a line was wrapped', () => {
  const output = [
    '✓ engine: terraform 1.11.4 (0.1 s)',
    '… deploy: creating x (12 s)',
    '✓ providers: cloudfoundry/cloudfoundry 1.16.0,',
    '  kreuzwerker/docker 4.5.0 (3.2 s)',
    '✓ deploy: 16 added (1 min 4 s)',
    '✗ requests (9 s)',
  ].join('\n');
  expect(longSteps(output)).toEqual([
    '✓ providers: cloudfoundry/cloudfoundry 1.16.0, kreuzwerker/docker 4.5.0 (3.2 s)',
    '✓ deploy: 16 added (1 min 4 s)',
  ]);
});

test('a benchmark is named, with as many rounds as wanted', () => {
  expect(readArguments(['start', '--rounds', '7'])).toEqual({ name: 'start', rounds: 7, peers: [] });
  expect(readArguments(['start'])).toEqual({ name: 'start', rounds: undefined, peers: [] });
});

test('peers are named with a command each, which may hold anything', () => {
  const peers = ['a=run --port "$PORT"', 'b=x=y'];
  expect(readArguments(['proxy', ...peers.flatMap((peer) => ['--peer', peer])])).toMatchObject({ peers });
  expect(() => readArguments(['proxy', '--peer', 'run'])).toThrow('"run" is not a peer');
});

test.each(['0', '-1', 'x', '1.5'])('%s rounds are refused', (rounds) => {
  expect(() => readArguments(['start', `--rounds=${rounds}`])).toThrow(`${rounds} rounds are not possible`);
});

test.each(GROWING)('$what become the same resources in the library and in plain cdktf', ({ ours, bare }) => {
  const [made, peer] = [ours, bare].map((build) => {
    const stacks = Object.values(
      synth((app) => {
        build(app, 3);
      }),
    );
    return stacks.flatMap(({ addresses }) => addresses.map((address) => address.replace(/\.[^.]*$/, ''))).sort();
  });
  expect(made).toEqual(peer);
});
