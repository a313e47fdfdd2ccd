/** Compares the proxy's image with the same folder staged by the apt buildpack, one after the other in each round. */
import { setTimeout as sleep } from 'node:timers/promises';
import { docker, removeAll } from '../__tests__/squid/docker';
import { type Kind, KINDS, type Laboratory, startLaboratory } from '../__tests__/squid/laboratory';
import type { Benchmark } from './benchmark';
import { describeRatio, describeTimes, median } from './times';

const IDLE_MS = 2000;
const HOSTS = Array.from({ length: 100 }, (_, index) => `host-${index}.example.org:80,443`);

interface Figures {
  readonly starts: number[];
  readonly mebibytes: number[];
}

export const benchmark: Benchmark = {
  what: 'the proxy by image and by buildpack: from the start of its container to the first answer, and memory idle',
  rounds: 5,
  buildsImages: true,
  run: async (rounds, print) => {
    const laboratory = await startLaboratory((site) => ({ '*.example.org': [site] }));
    const figures: Record<Kind, Figures> = {
      image: { starts: [], mebibytes: [] },
      buildpack: { starts: [], mebibytes: [] },
    };
    try {
      // The first measurement of each also builds it.
      for (const kind of KINDS) await measure(laboratory, kind);
      for (let round = 0; round < rounds; round += 1) {
        for (const kind of KINDS) {
          const { start, memory } = await measure(laboratory, kind);
          figures[kind].starts.push(start);
          figures[kind].mebibytes.push(memory);
        }
      }
    } finally {
      await removeAll();
    }
    for (const kind of KINDS) {
      const { starts, mebibytes } = figures[kind];
      print(describeTimes(`start by ${kind}`, starts));
      print(`memory idle by ${kind}: ${median(mebibytes).toFixed(1)} MiB, all processes together`);
    }
    print(describeRatio('start by buildpack', figures.buildpack.starts, 'by image', figures.image.starts));
    const ratio = median(figures.buildpack.mebibytes) / median(figures.image.mebibytes);
    print(`memory by buildpack is ${ratio.toFixed(2)} times that by image`);
  },
};

async function measure(laboratory: Laboratory, kind: Kind): Promise<{ start: number; memory: number }> {
  const { container } = await laboratory.startProxy({ kind, allow: HOSTS });
  const answered = Date.now();
  const started = Date.parse(await docker('inspect', '--format', '{{.State.StartedAt}}', container));
  await sleep(IDLE_MS);
  const [, ...processes] = (await docker('top', container, '-o', 'pid,rss')).split('\n');
  const kibibytes = processes.reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[1]), 0);
  await docker('rm', '--force', container);
  return { start: answered - started, memory: kibibytes / 1024 };
}
