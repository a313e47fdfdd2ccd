/** `npx tsx foundation/__tests__/api/fuzz-run.ts [requests] [seed]`: many requests, to a series of new foundations. */
import { fuzz } from './fuzz';
import { openTarget } from './fuzz-target';

/** Created objects stay, and make a foundation slow. */
const REQUESTS_EACH = 20_000;
const SHOWN = 20;

const main = async (): Promise<number> => {
  const [requests = 1_000_000, seed = Date.now()] = process.argv.slice(2).map(Number);
  console.log(`${requests} requests from seed ${seed}`);
  const statuses: Record<number, number> = {};
  const begin = Date.now();
  for (let sent = 0, round = 0; sent < requests; sent += REQUESTS_EACH, round++) {
    const target = await openTarget();
    const { foundation } = target;
    const outcome = await fuzz(
      foundation.service.url,
      target.fuzzer(seed + round),
      Math.min(REQUESTS_EACH, requests - sent),
    );
    await foundation.close();
    for (const [status, count] of Object.entries(outcome.statuses)) {
      statuses[Number(status)] = (statuses[Number(status)] ?? 0) + count;
    }
    const faults = [...outcome.faults, ...foundation.failures.map(String)];
    if (faults.length > 0) {
      console.log([`seed ${seed + round}: ${faults.length} faults`, ...faults.slice(0, SHOWN)].join('\n'));
      return 1;
    }
    console.log(`${Math.min(sent + REQUESTS_EACH, requests)} in ${Math.round((Date.now() - begin) / 1000)} s`);
  }
  console.log(`no fault; ${JSON.stringify(statuses)}`);
  return 0;
};

void main().then((code) => {
  process.exitCode = code;
});
