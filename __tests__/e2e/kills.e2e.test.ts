import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { accountFrom, CloudFoundry } from '../../cli/cloud-foundry';
import { awaitApplications } from '../../tools/demo';
import { Demo, type Edit, Engine } from './support/demo';
import { differences, killFoundation, startAgain } from './support/exactness';

/** `npm run test:faults` kills a hundred times; the seed that a run prints repeats its moments. */
const KILLS = Number(process.env.FAULT_KILLS ?? 1);
const SEED = Number(process.env.FAULT_SEED ?? Date.now() % 2 ** 31);

/** The time between two writes, long enough that the foundation mostly works on the deploy. */
const WRITE_MS = 200;

jest.setTimeout(60_000 + KILLS * 5 * 60_000);

/** A rolling update of the proxy; a rolling update of the application, staged again; or a deploy of everything. */
type Change = 'list' | 'push' | 'all';

const list = (run: number): Edit => [
  "Destination.host('www.example.com', 80, 443)",
  `Destination.host('www.example.com', 80, 443, ${9000 + run})`,
];
/** Set from the first run on, because the provider doesn't notice a variable that an interrupted update has added. */
const note = (run: number): Edit => [
  'EGRESS_S3_SERVICE: serviceName,',
  `EGRESS_S3_SERVICE: serviceName, EGRESS_POSTURE_NOTE: '${run}',`,
];

interface Run {
  readonly change: Change;
  /** When the first deploy is killed, and then each retry, as a share of the time that such a deploy takes. */
  readonly moments: readonly number[];
}

const runs = fc.record<Run>({
  change: fc.constantFrom('list', 'list', 'push', 'push', 'all'),
  moments: fc.array(fc.double({ min: 0.2, max: 1, noNaN: true }), { minLength: 1, maxLength: 5 }),
});

/**
 * Creates one space after another until the foundation is gone. Returns the GUIDs of those that it acknowledged, by
 * name.
 */
async function writeUntilGone(demo: Demo, run: number): Promise<ReadonlyMap<string, string>> {
  const cloud = await CloudFoundry.login(accountFrom(demo.env));
  const organization = await cloud.organizationGuid(demo.env.EGRESS_ORG ?? 'egress-demo');
  const acknowledged = new Map<string, string>();
  for (let number = 0; ; number += 1) {
    const name = `acknowledged-${run}-${number}`;
    try {
      const relationships = { organization: { data: { guid: organization } } };
      acknowledged.set(name, (await cloud.post('/v3/spaces', { name, relationships })).guid);
    } catch {
      return acknowledged;
    }
    await sleep(WRITE_MS);
  }
}

async function lost(demo: Demo, acknowledged: ReadonlyMap<string, string>): Promise<readonly string[]> {
  const cloud = await CloudFoundry.login(accountFrom(demo.env));
  const kept = new Map((await cloud.list('/v3/spaces?per_page=5000')).map(({ guid, name }) => [guid, name]));
  const missing = [...acknowledged].filter(([name, guid]) => kept.get(guid) !== name);
  await Promise.all([...acknowledged.values()].map((guid) => cloud.delete(`/v3/spaces/${guid}`)));
  return missing.map(([name]) => name);
}

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const begun = Date.now();
  await work();
  return Date.now() - begun;
};

let demo: Demo;

beforeAll(async () => {
  demo = await Demo.open();
});

afterAll(async () => {
  demo.restore();
  await demo.deploy();
});

test('a kill of the foundation at any moment of a deploy loses nothing, and the same deploy then is exact', async () => {
  const first = await timed(() => demo.deploy());
  const engine = new Engine(demo);
  const redeploy = async (): Promise<void> => {
    await engine.apply();
    await awaitApplications(demo.env);
  };
  const durations = { list: first, push: first, all: first };
  let pushed = 0;
  let kill = 0;
  process.stderr.write(`kills: FAULT_SEED=${SEED} FAULT_KILLS=${KILLS}\n`);
  for (const [index, { change, moments }] of fc.sample(runs, { seed: SEED, numRuns: KILLS }).entries()) {
    if (kill === KILLS) break;
    const run = index + 1;
    if (change !== 'list') pushed = run;
    demo.edit(note(pushed), ...(change === 'list' ? [list(run)] : []));
    await engine.synth();
    if (change === 'all') await engine.destroy();
    for (const moment of moments.slice(0, KILLS - kill)) {
      kill += 1;
      const written = writeUntilGone(demo, kill);
      const deploy = timed(() => engine.apply()).catch(() => undefined);
      const until = moment * durations[change];
      await sleep(until);
      await killFoundation();
      const acknowledged = await written;
      await startAgain(demo);
      const duration = await deploy;
      if (moment === moments[0]) durations[change] = duration ?? durations[change];
      const how = `${change} after ${Math.round(until)} ms, ${duration === undefined ? 'cut off' : 'done'}`;
      process.stderr.write(`kills: ${kill}, run ${run}: ${how}, ${acknowledged.size} writes\n`);
      expect(await lost(demo, acknowledged)).toEqual([]);
      if (duration !== undefined) break;
    }
    await redeploy();
    expect(await differences(demo)).toEqual([]);
  }
});
