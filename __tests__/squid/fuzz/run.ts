/** `npm run test:proxy-fuzz -- [seconds] [seed]`: one hour by default. */
import { removeAll } from '../docker';
import { fuzz, startFuzzing } from './fuzz';

const ROUND_SECONDS = 120;
const SHOWN = 20;

const main = async (): Promise<number> => {
  const [seconds = 3600, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number);
  console.log(`${seconds} s from seed ${seed}`);
  try {
    const begin = Date.now();
    for (let round = 0; Date.now() - begin < seconds * 1000; round += 1) {
      const laboratory = await startFuzzing();
      const { faults, ...counts } = await fuzz(laboratory, Math.min(ROUND_SECONDS, seconds), seed + round);
      console.log(`seed ${seed + round}: ${JSON.stringify(counts)}, ${faults.length} faults`);
      if (faults.length === 0) continue;
      console.log(faults.slice(0, SHOWN).join('\n'));
      return 1;
    }
    return 0;
  } finally {
    await removeAll();
  }
};

void main().then((code) => {
  process.exitCode = code;
});
