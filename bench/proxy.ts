/**
 * Compares our proxy with its peers: requests, tunnels, bytes, latency, memory, long lists, and the cost of credentials
 * and the TLS name check. Prints the bars, and writes squid/docs/speed.json with its chart and tables.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { docker, LABEL, NAME, removeAll } from '../__tests__/squid/docker';
import { REPOSITORY } from '../tools/platform';
import { type Benchmark, describeMachine, inScratch } from './benchmark';
import { Arena } from './proxy/arena';
import { barsOf, describeBar } from './proxy/bars';
import { measureLists, measureMemory, measureSpeed } from './proxy/compare';
import { CADDY, contestants, DIRECT, fromOption, LISTED, SMOKESCREEN, SQUID, TINYPROXY } from './proxy/contestants';
import { type Results, UNITS } from './proxy/measures';
import { publish } from './proxy/page';
import { buildPeers } from './proxy/peers';

/** Only these, because variants of the same proxies search their lists in the same way. */
const WITH_LISTS = [SQUID, CADDY, SMOKESCREEN, TINYPROXY];

export const benchmark: Benchmark = {
  what: 'this proxy beside Caddy with forwardproxy, smokescreen, tinyproxy and a direct connection; other peers by --peer NAME=COMMAND',
  rounds: 3,
  takesPeers: true,
  buildsImages: true,
  run: (rounds, print, peers) =>
    inScratch(async (scratch) => {
      try {
        const ours = `space-egress-bench-${NAME}`;
        const images = { ours, peers: `${ours}-peers` };
        await docker('build', '--quiet', '--tag', ours, join(REPOSITORY, 'squid'));
        await buildPeers(ours, images.peers, print);
        const allowlist = join(scratch, 'allowlist');
        writeFileSync(allowlist, LISTED.map((line) => `${line.replace('/tcp', '')}\n`).join(''));
        const all = [...contestants(images), ...peers.map((option) => fromOption(option, images, allowlist))];

        const arena = await Arena.open(images.peers, scratch);
        const date = new Date().toISOString().slice(0, 10);
        const { speed, processor } = await measureSpeed(arena, all, rounds, print);
        const proxies = all.filter(({ name }) => name !== DIRECT);
        const { memory, waves } = await measureMemory(arena, proxies, print);
        const listed = all.filter(({ name }) => WITH_LISTS.includes(name));
        const lists = await measureLists(arena, listed, rounds, print);
        const machine = describeMachine();
        const squid = await versionOfSquid(ours);
        const results: Results = { date, machine, squid, rounds, units: UNITS, speed, processor, memory, waves, lists };

        barsOf(results).map(describeBar).forEach(print);
        publish(results);
        print('squid/docs/speed.json, its chart and the tables of squid/docs/speed.md are written');
      } finally {
        await removeAll();
      }
    }),
};

const versionOfSquid = (image: string): Promise<string> =>
  docker('run', '--rm', '--label', LABEL, '--entrypoint', 'dpkg-query', image, '-Wf', '${Version}', 'squid-openssl');
