/**
 * The foundation's API with ten thousand applications, over HTTP, in a cell that is only in memory:
 * `npx tsx bench/foundation.ts [applications]`. The ratio is to the same server's smallest answer.
 */
import { performance } from 'node:perf_hooks';
import { openFoundation } from './foundation-apps';

const GETS = 2000;
const LISTS = 200;

const quantile = (times: readonly number[], share: number): number =>
  [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;

const main = async (): Promise<void> => {
  const applications = Number(process.argv[2] ?? 10_000);
  const before = process.memoryUsage().rss;
  const { url, token, guids, close } = await openFoundation(applications);
  const measure = async (name: string, rounds: number, path: (round: number) => string): Promise<void> => {
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const begin = performance.now();
      const response = await fetch(`${url}${path(round)}`, { headers: { Authorization: `bearer ${token}` } });
      await response.arrayBuffer();
      times.push(performance.now() - begin);
      if (!response.ok) {
        throw new Error(`${name}: ${response.status}`);
      }
    }
    const [p50, p99] = [0.5, 0.99].map((share) => quantile(times, share).toFixed(1));
    // The first list of rows that nobody has asked for yet.
    console.log(`${name.padEnd(40)} first ${(times[0] ?? 0).toFixed(1)} ms, p50 ${p50} ms, p99 ${p99} ms`);
  };
  const app = (round: number): string => guids[(round * 7919) % guids.length] ?? '';
  await measure('the root (peer)', GETS, () => '/');
  await measure('an app', GETS, (round) => `/v3/apps/${app(round)}`);
  await measure("an app's processes", GETS / 10, (round) => `/v3/apps/${app(round)}/processes`);
  await measure('an app by name', GETS / 10, (round) => `/v3/apps?names=app-${round}`);
  await measure('a list of 50', GETS / 10, () => '/v3/apps');
  await measure('a list of 5,000, by name', LISTS, () => '/v3/apps?per_page=5000&order_by=name');
  await measure('5,000 routes', LISTS, () => '/v3/routes?per_page=5000');
  await measure('5,000 processes', LISTS, () => '/v3/processes?per_page=5000');
  const mebibytes = Math.round((process.memoryUsage().rss - before) / 1024 / 1024);
  console.log(`${applications} applications add ${mebibytes} MiB to the process`);
  await close();
};

void main();
