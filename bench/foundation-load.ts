/**
 * The foundation at work: its router beside nginx, the time from a change of policy to its effect, and what instances
 * cost, up to fifty. The curves go into docs/.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stop } from '@space-egress/foundation';
import { REPOSITORY } from '../tools/platform';
import type { Benchmark, Print } from './benchmark';
import { lineChart } from './chart';
import { Place, type App } from './foundation/place';
import { policyEffect, watcherProcess } from './foundation/policy';
import { measureRouter } from './foundation/router';
import { describeTimes, median, quantile, timeOf } from './times';

const STEPS = [1, 10, 25, 50];
const POLICY_CHANGES = 50;
const IDLE_MS = 3000;

export const benchmark: Benchmark = {
  what: 'the foundation at work: router, policies, instances, memory, start',
  rounds: 3,
  run: async (rounds, print) => {
    const place = await Place.open(`bench-${process.pid}`);
    try {
      await starts(place, rounds, print);
      await sleep(IDLE_MS);
      await memory(place, 'idle', print);
      const image = await place.build();
      const backend = await place.push('backend', image, { memory: '64M' });
      const watcher = await place.push('watcher', place.image, watcherProcess);
      await router(place, image, backend, rounds, print);
      await memory(place, 'after the load', print);
      await growth(place, watcher, backend, print);
    } finally {
      await place.close();
    }
  },
};

async function starts(place: Place, rounds: number, print: Print): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await stop({ name: place.name });
    times.push(await timeOf(() => place.up()));
  }
  print(describeTimes('start of the foundation, from the command until its API answers', times));
}

async function memory(place: Place, when: string, print: Print): Promise<void> {
  const roles = ['foundation', 'registry', 'internet'];
  const used = await Promise.all(
    roles.map(async (role) => `${role} ${((await place.memory(role))[0] ?? 0).toFixed(0)} MiB`),
  );
  print(`memory ${when}: ${used.join(', ')}`);
}

async function router(place: Place, image: string, backend: App, rounds: number, print: Print): Promise<void> {
  const figures = await measureRouter(place, image, backend, rounds);
  for (const { router: ours, nginx, half } of figures) {
    print(
      `router ${Math.round(ours.perSecond)}/s, nginx ${Math.round(nginx.perSecond)}/s, ` +
        `ratio ${(ours.perSecond / nginx.perSecond).toFixed(2)}; at ${half.rate}/s p50 ${half.p50.toFixed(1)} ms, p99 ${half.p99.toFixed(1)} ms`,
    );
  }
  const ratio = median(figures.map(({ router: ours, nginx }) => ours.perSecond / nginx.perSecond));
  print(`router: ${ratio.toFixed(2)} of nginx's requests per second on one core`);
}

async function growth(place: Place, watcher: App, backend: App, print: Print): Promise<void> {
  const rows: { instances: number; p50: number; p99: number; start: number; memory: number }[] = [];
  for (const instances of STEPS) {
    const start = await timeOf(() => place.scale(backend, instances));
    const effect = await policyEffect(place, watcher, backend, POLICY_CHANGES);
    const [foundation = 0] = await place.memory('foundation');
    const row = { instances, p50: quantile(effect, 0.5), p99: quantile(effect, 0.99), start, memory: foundation };
    rows.push(row);
    print(
      `${instances} instances: policy change to effect p50 ${row.p50.toFixed(0)} ms, p99 ${row.p99.toFixed(0)} ms; ` +
        `${(start / 1000).toFixed(1)} s to get there; foundation ${foundation.toFixed(0)} MiB`,
    );
  }
  const holders = median(await place.memory('holder'));
  print(`an instance adds ${holders.toFixed(1)} MiB of its own, its holder's`);
  const points = (value: (row: (typeof rows)[number]) => number) =>
    rows.map((row) => [row.instances, value(row)] as const);
  writeFileSync(
    join(REPOSITORY, 'docs', 'policy-effect.svg'),
    lineChart({
      title: 'From a change of policy to its effect',
      x: 'instances that the change concerns',
      y: 'milliseconds',
      series: [
        { name: 'p50', points: points(({ p50 }) => p50) },
        { name: 'p99', points: points(({ p99 }) => p99) },
      ],
    }),
  );
}
