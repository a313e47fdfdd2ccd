/**
 * What the model says against what packets do: random stacks and a random change of each, deployed by the real engine to
 * the local foundation, and every pair tried before and after. What disagrees is made as small as it goes.
 *
 * TRUTH_STACKS is how many (few by default), TRUTH_SEED repeats a run.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { down } from '@space-egress/foundation';
import fc from 'fast-check';
import { accountFrom, CloudFoundry } from '../../cli/cloud-foundry';
import { awaitInstances } from '../../cli/instances';
import { dayOf } from '../../constructs/values/day';
import type { Change } from '../../review/difference/change';
import { difference } from '../../review/difference/difference';
import { readPlan } from '../../review/readers/plan';
import { factsOf } from '../../review/readers/resources';
import { Model } from '../../review/model/model';
import { startFoundation } from '../../tools/demo';
import { Progress } from '../../tools/progress';
import { Prober, type Seen } from './support/prober';
import { shrink, sizeOf, type Pair } from './support/shrink';
import {
  ADVERSARY,
  type App,
  appName,
  change,
  configuration,
  foreignImage,
  spaceName,
  type World,
} from './support/world';

const FOUNDATION = process.env.TRUTH_FOUNDATION ?? 'truth';
const STACKS = Number(process.env.TRUTH_STACKS ?? 2);
const SEED = Number(process.env.TRUTH_SEED ?? Date.now() % 2 ** 31);
/** Applications at a time: the smallest foundation has addresses for 31 instances, and some are replaced beside others. */
const ROOM = 24;

jest.setTimeout(STACKS * 120_000 + 600_000);

const run = promisify(execFile);
const id = (stack: number, world: World, app: number): string =>
  `egress-demo/${spaceName(stack, world.apps[app]?.space ?? 0)}/${appName(stack, app)}`;
/** The stack that a probe's key, or a line about it, is of. */
const stackOf = (text: string): number => Number(/truth-(\d+)-a/.exec(text)?.[1]);
const addressOf = (text = ''): number => text.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);

const appsIn = ([before, after]: Pair): number => Math.max(before.apps.length, after.apps.length);

/** As many beside each other as there is room for. */
function batches(pairs: readonly Pair[]): Pair[][] {
  const all: Pair[][] = [];
  let free = 0;
  for (const pair of pairs) {
    free -= appsIn(pair);
    if (free < 0) {
      all.push([]);
      free = ROOM - appsIn(pair);
    }
    all.at(-1)?.push(pair);
  }
  return all;
}

describe('the model', () => {
  let env: NodeJS.ProcessEnv;
  let engine: string;
  let folder: string;

  beforeAll(async () => {
    const started = await startFoundation(new Progress({ write: () => undefined }), FOUNDATION);
    env = started.env;
    engine = started.setup.engine.path;
    folder = mkdtempSync(join(tmpdir(), 'truth-'));
    mkdirSync(join(folder, 'foreign'));
    writeFileSync(join(folder, 'foreign', 'Dockerfile'), foreignImage(env.EGRESS_REGISTRY ?? ''));
    console.log(`truth: ${STACKS} stacks, TRUTH_SEED=${SEED}`);
  });

  afterAll(async () => {
    await down({ name: FOUNDATION });
    rmSync(folder, { recursive: true, force: true });
  });

  const command = async (...args: readonly string[]): Promise<string> =>
    (await run(engine, [...args], { cwd: folder, env, maxBuffer: 2 ** 28 })).stdout;

  /** Plans and applies, and resolves with what the plan says when all of it runs and is enforced. */
  async function deploy(worlds: readonly World[]): Promise<{ before: Model; after: Model }> {
    writeFileSync(
      join(folder, 'main.tf.json'),
      JSON.stringify(configuration(worlds, env.EGRESS_REGISTRY ?? '', join(folder, 'foreign')), null, 2),
    );
    await command('init', '-input=false', '-no-color');
    await command('plan', '-input=false', '-no-color', '-out=plan');
    const plan = readPlan(JSON.parse(await command('show', '-json', 'plan')), 'truth');
    await command('apply', '-input=false', '-no-color', 'plan');
    const cloud = await CloudFoundry.login(accountFrom(env));
    const spaces = await cloud.get('/v3/spaces?per_page=5000');
    await awaitInstances(
      cloud,
      (spaces.resources as { guid: string }[]).map(({ guid }) => guid),
    );
    await cloud.until('/foundation/v1/revision', ({ desired, applied }) => desired === applied);
    const today = dayOf(new Date());
    return { before: new Model(factsOf(plan.before), today), after: new Model(factsOf(plan.after), today) };
  }

  async function probe(worlds: readonly World[]): Promise<Seen> {
    const prober = new Prober(FOUNDATION, new URL(env.EGRESS_ROUTER_URL ?? ''));
    const seen = new Map<string, { reached: boolean; address?: string }>();
    for (const [stack, world] of worlds.entries()) {
      const names = world.apps.map((_, index) => appName(stack, index));
      // One application of the next stack stands for all others.
      const stranger = stack + 1 < worlds.length ? [appName(stack + 1, 0)] : [];
      for (const name of names) {
        const peers = [...names.filter((peer) => peer !== name), ...stranger];
        for (const [key, answer] of await prober.from(name, peers)) seen.set(key, answer);
        for (const [key, answer] of await prober.fromOutside(name, 'apps.localhost')) seen.set(key, answer);
      }
    }
    return seen;
  }

  /** What the model says for a probe. */
  function predicted(model: Model, worlds: readonly World[], key: string, address: string | undefined): string {
    const ids = new Map(
      worlds.flatMap((world, stack) =>
        world.apps.map((_, index) => [appName(stack, index), id(stack, world, index)] as const),
      ),
    );
    const [way, ...names] = key.split(',');
    const [from = '', to = ''] = names.map((name) => ids.get(name) ?? name);
    const target = names.at(-1) ?? '';
    const [host = '', port = ''] = target.split(':');
    if (way === 'direct') return model.direct(from, 'tcp', addressOf(address), Number(port));
    if (way === 'policy') return model.connects(from, to, 'tcp', Number(target));
    if (way === 'route') {
      const leadsTo = model.routesOf(to).filter(({ url }) => target === url || target.startsWith(`${url}/`));
      return leadsTo.some(({ internal }) => internal === 'no') ? 'yes' : 'no';
    }
    return model.reaches(from, to, host, Number(port), addressOf(address));
  }

  /** The proxy that a probe goes through, if it is one. */
  const proxyOf = (worlds: readonly World[], key: string): App | undefined => {
    const [way, , to] = key.split(',');
    const all = worlds.flatMap(({ apps }, stack) => apps.map((app, index) => [appName(stack, index), app] as const));
    return way === 'proxy' ? all.find(([name]) => name === to)?.[1] : undefined;
  };
  /** The model speaks of the list of a proxy, and of another program in its place only that it is another one. */
  const isForeign = (worlds: readonly World[], key: string): boolean => proxyOf(worlds, key)?.forwards !== undefined;
  /** The model speaks of who has credentials; a client here has none. */
  const isRefused = (worlds: readonly World[], key: string, was: string): boolean =>
    was === 'no' && proxyOf(worlds, key)?.asks === true;

  const disagreements = (when: string, model: Model, worlds: readonly World[], seen: Seen): string[] =>
    [...seen]
      .filter(([key]) => !isForeign(worlds, key))
      .map(([key, { reached, address }]) => ({
        key,
        seen: reached ? 'yes' : 'no',
        said: predicted(model, worlds, key, address),
      }))
      .filter(({ key, seen: was, said }) => was !== said && !isRefused(worlds, key, was))
      .map(({ key, seen: was, said }) => `${when} ${key}: the model says ${said}, a packet says ${was}`);

  /** Probes that changed and that no row of the review tells of. */
  function untold(changes: readonly Change[], before: Seen, after: Seen): string[] {
    const told = new Set(
      changes.flatMap(({ verdict, way, who, via = '' }) =>
        who.map((one) => [verdict, way, one.split('/').at(-1), via.split('/').at(-1)].join()),
      ),
    );
    return [...new Set([...before.keys(), ...after.keys()])].flatMap((key) => {
      const [had, has] = [before.get(key)?.reached ?? false, after.get(key)?.reached ?? false];
      const [way = '', from = '', to = ''] = key.split(',');
      const row = [has ? 'opens' : 'closes', way, from, way === 'direct' ? '' : to].join();
      const another =
        way === 'proxy' && ['program', 'proxy'].some((which) => told.has(['unknown', which, from, to].join()));
      return had === has || another || told.has(row) ? [] : [`${key}: ${has ? 'gained' : 'lost'}, and no row says so`];
    });
  }

  let probes = 0;
  let reached = 0;
  /** What was given to the clients of a proxy whose list stayed as it was. */
  let gained = 0;

  /** Deploys pairs beside each other, tries all of both states, and gives what disagrees in each pair. */
  async function examine(pairs: readonly Pair[]): Promise<string[][]> {
    const [before, after] = [pairs.map(([old]) => old), pairs.map(([, now]) => now)];
    const start = await deploy(before);
    const seenBefore = await probe(before);
    const end = await deploy(after);
    const seenAfter = await probe(after);
    await deploy([]);
    probes += seenBefore.size + seenAfter.size;
    reached += [...seenBefore.values(), ...seenAfter.values()].filter((answer) => answer.reached).length;
    const gains = [...seenAfter].filter(([key, { reached: now }]) => now && seenBefore.get(key)?.reached === false);
    gained += gains.filter(([key]) => ADVERSARY.some((pair) => pairs[stackOf(key)] === pair)).length;
    const problems = [
      ...disagreements('before', start.after, before, seenBefore),
      ...disagreements('after', end.after, after, seenAfter),
      ...untold(difference(end.before, end.after), seenBefore, seenAfter),
    ];
    return pairs.map((_, stack) => problems.filter((problem) => stackOf(problem) === stack));
  }

  async function smallest(pair: Pair): Promise<string> {
    let round = 0;
    const found = await shrink(pair, Math.floor(ROOM / appsIn(pair)), async (pairs) => {
      const fails = (await examine(pairs)).map((problems) => problems.length > 0);
      round += 1;
      console.log(`truth: round ${round}, ${pairs.length} tried, ${fails.filter(Boolean).length} disagree`);
      return fails;
    });
    const [problems = []] = await examine([found]);
    const chance = 'it agrees by itself: look at the stacks beside it, and at what a busy machine does to a probe';
    return [
      `TRUTH_SEED=${SEED}, ${sizeOf(pair)} things made ${sizeOf(found)}:`,
      ...(problems.length > 0 ? problems : [chance]),
      `before: ${JSON.stringify(found[0])}`,
      `after: ${JSON.stringify(found[1])}`,
    ].join('\n');
  }

  test(`agrees with packets on ${STACKS} random stacks and a change of each`, async () => {
    const changes = [...ADVERSARY, ...fc.sample(change, { seed: SEED, numRuns: STACKS })];
    let stacks = 0;
    for (const batch of batches(changes)) {
      const problems = await examine(batch);
      stacks += batch.length;
      console.log(`truth: ${stacks} stacks, ${probes} probes, of which ${reached} got there`);
      const failed = batch.find((_, stack) => problems[stack]?.length !== 0);
      if (failed === undefined) continue;
      console.log(`truth: what disagrees, before it is made smaller:\n${problems.flat().join('\n')}`);
      throw new Error(await smallest(failed));
    }
    expect(gained).toBeGreaterThanOrEqual(ADVERSARY.length);
  });
});
