/**
 * Compares the model with what packets do. The real engine deploys random stacks and a random change of each to the
 * local foundation, and every pair is tried before and after. Disagreements are shrunk to a minimal example.
 *
 * TRUTH_STACKS is the number of stacks (few by default), and TRUTH_SEED repeats a run.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { access, down } from '@space-egress/foundation';
import fc from 'fast-check';
import { accountFrom, CloudFoundry } from '../../cli/cloud-foundry';
import { awaitInstances } from '../../cli/instances';
import { dayOf } from '../../constructs/values/day';
import { difference } from '../../review/difference/difference';
import { readPlan } from '../../review/readers/plan';
import { factsOf } from '../../review/readers/resources';
import { Model } from '../../review/model/model';
import { startFoundation } from '../../tools/demo';
import { Progress } from '../../tools/progress';
import { Prober, type Seen, unreported } from './support/prober';
import { shrink, sizeOf, type Pair } from './support/shrink';
import { ADVERSARY, type App, appName, change, DRAINS, spaceName, type World } from './support/world';
import { configuration, foreignImage, othersConfiguration } from './support/world-configuration';

const FOUNDATION = process.env.TRUTH_FOUNDATION ?? 'truth';
const STACKS = Number(process.env.TRUTH_STACKS ?? 2);
const SEED = Number(process.env.TRUTH_SEED ?? Date.now() % 2 ** 31);
/**
 * The number of applications at a time: the smallest foundation has addresses for 31 instances, and replacing needs
 * some.
 */
const ROOM = 24;

jest.setTimeout(STACKS * 120_000 + 600_000);

const run = promisify(execFile);
const id = (stack: number, world: World, app: number): string =>
  `egress-demo/${spaceName(stack, world.apps[app]?.space ?? 0)}/${appName(stack, app)}`;
/** The stack to which a probe's key, or a line about it, belongs. */
const stackOf = (text: string): number => Number(/truth-(\d+)-a/.exec(text)?.[1]);
const addressOf = (text = ''): number => text.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);

const appsIn = ([before, after]: Pair): number => Math.max(before.apps.length, after.apps.length);

/** Batches of as many pairs as there is room for. */
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
    // Only an administrator can create security groups.
    const { admin } = (await access({ name: FOUNDATION })).credentials;
    env = { ...started.env, CF_USER: admin.username, CF_PASSWORD: admin.password };
    engine = started.setup.engine.path;
    folder = mkdtempSync(join(tmpdir(), 'truth-'));
    for (const name of ['foreign', 'own', 'others']) mkdirSync(join(folder, name));
    writeFileSync(join(folder, 'foreign', 'Dockerfile'), foreignImage(env.EGRESS_REGISTRY ?? ''));
    console.log(`truth: ${STACKS} stacks, TRUTH_SEED=${SEED}`);
  });

  afterAll(async () => {
    await down({ name: FOUNDATION });
    rmSync(folder, { recursive: true, force: true });
  });

  const command = async (stack: 'own' | 'others', ...args: readonly string[]): Promise<string> =>
    (await run(engine, [...args], { cwd: join(folder, stack), env, maxBuffer: 2 ** 28 })).stdout;

  async function write(stack: 'own' | 'others', program: object): Promise<void> {
    const file = join(folder, stack, 'main.tf.json');
    const isFirst = !existsSync(file);
    writeFileSync(file, JSON.stringify(program, null, 2));
    if (isFirst) await command(stack, 'init', '-input=false', '-no-color');
  }

  /** Binds the groups of these worlds, which exist, and no others. */
  async function bind(worlds: readonly World[]): Promise<void> {
    const isBound = worlds.some(({ group }) => group !== undefined);
    if (!isBound && !existsSync(join(folder, 'others', 'main.tf.json'))) return;
    await write('others', othersConfiguration(worlds));
    await command('others', 'apply', '-auto-approve', '-input=false', '-no-color');
  }

  let deployed: readonly World[] = [];

  /** Plans and applies. Resolves with the plan's models when everything is running and enforced. */
  async function deploy(worlds: readonly World[]): Promise<{ before: Model; after: Model }> {
    await write('own', configuration(worlds, env.EGRESS_REGISTRY ?? '', join(folder, 'foreign')));
    await command('own', 'plan', '-input=false', '-no-color', '-out=plan');
    const plan = readPlan(JSON.parse(await command('own', 'show', '-json', 'plan')), 'truth');
    // The provider fails on a binding whose group is gone.
    await bind(deployed.map((world, stack) => (worlds[stack]?.group ? world : { ...world, group: undefined })));
    await command('own', 'apply', '-input=false', '-no-color', 'plan');
    await bind(worlds);
    deployed = worlds;
    const cloud = await CloudFoundry.login(accountFrom(env));
    const spaces = await cloud.list('/v3/spaces?per_page=5000');
    await awaitInstances(
      cloud,
      spaces.map(({ guid }) => guid as string),
    );
    await cloud.until('/foundation/v1/revision', ({ desired, applied }) => desired === applied);
    const today = dayOf(new Date());
    return { before: new Model(factsOf(plan.before), today), after: new Model(factsOf(plan.after), today) };
  }

  /** Where the platform would send logs. The foundation stores drains, but sends nothing to them. */
  async function drainsOf(worlds: readonly World[]): Promise<Map<string, { reached: boolean }>> {
    const cloud = await CloudFoundry.login(accountFrom(env));
    const apps = await cloud.list('/v3/apps?per_page=5000');
    const names = new Map(apps.map(({ guid, name }) => [guid, name as string]));
    const all = worlds.flatMap(({ apps: own }, stack) =>
      own.flatMap((_, index) => DRAINS.map((host) => `logs,${appName(stack, index)},${host}:6514`)),
    );
    const seen = new Map(all.map((key) => [key, { reached: false }]));
    for (const { guid, relationships } of await cloud.list('/v3/service_credential_bindings?type=app&per_page=5000')) {
      const { app } = relationships as { app: { data: { guid: string } } };
      const { syslog_drain_url: url } = await cloud.get(`/v3/service_credential_bindings/${guid as string}/details`);
      seen.set(`logs,${names.get(app.data.guid) ?? ''},${new URL(url as string).host}`, { reached: true });
    }
    return seen;
  }

  async function probe(worlds: readonly World[]): Promise<Seen> {
    const prober = new Prober(FOUNDATION, new URL(env.EGRESS_ROUTER_URL ?? ''));
    const seen = new Map<string, { reached: boolean; address?: string }>(await drainsOf(worlds));
    for (const [stack, world] of worlds.entries()) {
      const names = world.apps.map((_, index) => appName(stack, index));
      // One application of the next stack represents all others.
      const stranger = stack + 1 < worlds.length ? [appName(stack + 1, 0)] : [];
      for (const name of names) {
        const peers = [...names.filter((peer) => peer !== name), ...stranger];
        for (const [key, answer] of await prober.from(name, peers)) seen.set(key, answer);
        for (const [key, answer] of await prober.fromOutside(name, 'apps.localhost')) seen.set(key, answer);
      }
    }
    return seen;
  }

  /** The model's prediction for a probe. */
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
    if (way === 'tunnel') return tunnels(model, from, to, host, Number(port), addressOf(address));
    if (way === 'logs') {
      const sends = model.grants.some((grant) => grant.way === 'logs' && grant.who === from && grant.what === target);
      return sends ? 'yes' : 'no';
    }
    if (way === 'route') {
      const leadsTo = model.routesOf(to).filter(({ url }) => target === url || target.startsWith(`${url}/`));
      return leadsTo.some(({ internal }) => internal === 'no') ? 'yes' : 'no';
    }
    return model.reaches(from, to, host, Number(port), addressOf(address));
  }

  /** Whether a tunnel through a proxy can carry anything. */
  function tunnels(model: Model, from: string, to: string, host: string, port: number, address: number): string {
    const { names, tunnels: free } = model.proxies.through(to, from);
    const isOpen = free.intersect(names).addresses(host, port).includes(address);
    return (isOpen ? model.proxies.of(from).get(to) : undefined) ?? 'no';
  }

  /** The proxy through which a probe goes, if there is one. */
  const proxyOf = (worlds: readonly World[], key: string): App | undefined => {
    const [way, , to] = key.split(',');
    const all = worlds.flatMap(({ apps }, stack) => apps.map((app, index) => [appName(stack, index), app] as const));
    return way === 'proxy' || way === 'tunnel' ? all.find(([name]) => name === to)?.[1] : undefined;
  };
  /** The model predicts what a proxy's list allows. About another program, it says only that it is another one. */
  const isForeign = (worlds: readonly World[], key: string): boolean => proxyOf(worlds, key)?.forwards !== undefined;
  /** The model is about clients with credentials; the clients here have none. */
  const isRefused = (worlds: readonly World[], key: string, was: string): boolean =>
    was === 'no' && proxyOf(worlds, key)?.asks === true;

  /** No plan contains what another stack is going to bind. */
  const bound = (worlds: readonly World[], line: string): boolean => worlds[stackOf(line)]?.group !== undefined;

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

  let probes = 0;
  let reached = 0;
  /** The adversary's changes with which a client gained something. */
  const gained = new Set<Pair | undefined>();

  /** Deploys pairs together, tries everything in both states, and returns the disagreements of each pair. */
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
    for (const [key] of gains) gained.add(ADVERSARY.find((pair) => pairs[stackOf(key)] === pair));
    const problems = [
      ...disagreements('before', start.after, before, seenBefore).filter((line) => !bound(before, line)),
      ...disagreements('before, as it is read back,', end.before, before, seenBefore),
      ...disagreements('after', end.after, after, seenAfter),
      ...unreported(difference(end.before, end.after), seenBefore, seenAfter, (key) =>
        [before, after].some((worlds) => isForeign(worlds, key)),
      ),
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
    expect(ADVERSARY.filter((pair) => !gained.has(pair))).toEqual([]);
  });
});
