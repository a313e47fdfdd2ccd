/** The cost of an idle foundation: the time to its API's first answer, and its memory. */
import { setTimeout as sleep } from 'node:timers/promises';
import { stop } from '@space-egress/foundation';
import type { Benchmark } from '../../bench/benchmark';
import { timeOf } from '../../bench/times';
import { table } from '../../tools/markdown';
import { describeMemory, publish, spread } from './page';
import { Place } from './place';

const IDLE_MS = 10_000;

export const benchmark: Benchmark = {
  what: "the foundation's start and its memory while it is idle",
  rounds: 5,
  run: async (rounds, print) => {
    const place = await Place.open(`bench-${process.pid}`);
    try {
      const commands: number[] = [];
      const containers: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        await stop({ name: place.name });
        commands.push(await timeOf(() => place.up()));
        containers.push(Date.now() - (await place.startedAt()));
      }
      await sleep(IDLE_MS);
      const seconds = (times: readonly number[]): string =>
        `${spread(
          times.map((time) => time / 1000),
          1,
        )} s`;
      const rows = [
        ['start, from the command until the API answers', seconds(commands)],
        ["of that, from the container's start", seconds(containers)],
        ['memory idle, MiB', await describeMemory(place)],
      ];
      const seen = table(['what', 'seen'], rows);
      print(seen);
      publish('foundation-start', seen);
    } finally {
      await place.close();
    }
  },
};
