import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const LIBRARY = join(__dirname, '../../squid/lib');

/** The tunnels that a proxy takes where the platform has this to say about its memory. */
const tunnelsIn = (memory: string | undefined): number =>
  Number(
    execFileSync('perl', ['-I', LIBRARY, '-MEgress::Limits', '-e', 'print Egress::Limits::tunnels(\\%ENV)'], {
      env: { PATH: process.env.PATH, ...(memory !== undefined && { MEMORY_LIMIT: memory }) },
      encoding: 'utf8',
    }),
  );

test('more memory holds more tunnels', () => {
  const tunnels = ['96m', '128m', '256m', '512m', '1024m'].map(tunnelsIn);
  expect(tunnels).toEqual([...new Set(tunnels)].sort((a, b) => a - b));
});

test.each<readonly [string | undefined, string, string]>([
  [undefined, '128m', 'the default of the constructs'],
  ['lots', '128m', 'the default, whatever cannot be read'],
  ['1m', '16m', 'the fewest'],
  ['4096m', '64000m', 'the most'],
])('%s is taken as %s: %s', (memory, same) => {
  expect(tunnelsIn(memory)).toBe(tunnelsIn(same));
});
