import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import Docker from 'dockerode';
import { stop } from '@space-egress/foundation';
import { accountFrom, CloudFoundry } from '../../../cli/cloud-foundry';
import { get } from '../../../cli/verify/http';
import { execute, waitFor } from '@space-egress/foundation/testing';
import { type Demo, FOUNDATION, runningContainers, Engine } from './demo';

interface Listed<T> {
  readonly resources: readonly T[];
}

const docker = new Docker();

const containers = (role: string): Promise<Docker.ContainerInfo[]> =>
  docker.listContainers({
    all: true,
    filters: { label: [`space-egress.foundation=${FOUNDATION}`, `space-egress.role=${role}`] },
  });

/** Kills the foundation's own container with `kill -9`, so that no handler runs. */
export async function killFoundation(): Promise<void> {
  await docker.getContainer(`space-egress-${FOUNDATION}`).kill({ signal: 'SIGKILL' });
}

/** Kills one of the two containers of an instance. */
export async function killInstance(role: 'app' | 'holder', app: string): Promise<void> {
  const [victim] = (await containers(role)).filter(({ Labels }) => Labels['space-egress.app'] === app);
  if (victim === undefined) throw new Error(`${app} has no ${role}`);
  await docker.getContainer(victim.Id).kill({ signal: 'SIGKILL' });
}

/** Starts the foundation's own container after it has ended; resolves when the API answers. */
export async function startAgain(demo: Demo): Promise<void> {
  await docker.getContainer(`space-egress-${FOUNDATION}`).start();
  const revision = `${demo.env.CF_API_URL ?? ''}/foundation/v1/revision`;
  await waitFor(
    () =>
      fetch(revision)
        .then(({ ok }) => ok)
        .catch(() => false),
    'the API to answer',
  );
}

/**
 * Kills all of the foundation's containers, as if the container engine had ended. The foundation's own container is
 * first, because it would replace the others. Resolves when none is running.
 */
export async function killEverything(): Promise<void> {
  await killFoundation();
  const running = await runningContainers();
  await Promise.all(running.map(({ Id }) => docker.getContainer(Id).kill({ signal: 'SIGKILL' }).catch(ignoreEnded)));
  await Promise.all(running.map(({ Id }) => docker.getContainer(Id).wait().catch(ignoreEnded)));
}

/**
 * Restarts the container engine with a command of the machine, which ends all containers, including those of others.
 */
export async function restartEngine(command: string): Promise<void> {
  execFileSync('sh', ['-c', command], { stdio: 'ignore' });
  await waitFor(
    () =>
      docker
        .ping()
        .then(() => true)
        .catch(() => false),
    'the container engine to answer',
  );
}

/** The foundation can have ended or removed the container first. */
function ignoreEnded({ statusCode }: { statusCode?: number }): void {
  if (statusCode !== 404 && statusCode !== 409) throw new Error(`the engine answers ${statusCode ?? 'nothing'}`);
}

/** All differences from the desired state, with the example deployed and nothing in progress. */
export async function differences(demo: Demo): Promise<readonly string[]> {
  const underWay = await settled(async () => [...(await unsettled(demo)), ...(await strayContainers(demo))]);
  const rules = underWay.length === 0 ? await wrongRules(demo) : [];
  return [...underWay, ...rules, ...(await wrongStack(demo, 'egress-demo'))];
}

/** How a stack differs from its program: planned changes, and unexpected results of its application at this host. */
export async function wrongStack(demo: Demo, host: string): Promise<readonly string[]> {
  return [...(await plannedChanges(demo)), ...(await settled(() => wrongAnswers(demo, host)))];
}

async function plannedChanges(demo: Demo): Promise<readonly string[]> {
  const text = await new Engine(demo).plan();
  return text.includes('No changes.') ? [] : [`the plan has changes: ${text.slice(text.indexOf('will perform'))}`];
}

/** Waits up to a minute until nothing is found, because a stopping instance has ten seconds. */
async function settled(look: () => Promise<readonly string[]>): Promise<readonly string[]> {
  const end = Date.now() + 60_000;
  for (;;) {
    const seen = await look();
    if (seen.length === 0 || Date.now() > end) return seen;
    await sleep(200);
  }
}

async function unsettled(demo: Demo): Promise<string[]> {
  const cloud = await CloudFoundry.login(accountFrom(demo.env));
  const { desired, applied } = (await cloud.get('/foundation/v1/revision')) as { desired: number; applied: number };
  const active = (await cloud.get('/v3/deployments?status_values=ACTIVE')) as unknown as Listed<{ guid: string }>;
  const staging = (await cloud.get('/v3/builds?states=STAGING')) as unknown as Listed<{ guid: string }>;
  return [
    ...(desired === applied ? [] : [`revision ${applied} is in force, not ${desired}`]),
    ...active.resources.map(({ guid }) => `deployment ${guid} goes on`),
    ...staging.resources.map(({ guid }) => `build ${guid} goes on`),
  ];
}

/** Each instance that the API knows must have its two containers, and there must be no others. */
async function strayContainers(demo: Demo): Promise<string[]> {
  const known = await demo.knownInstances();
  const found: string[] = [];
  for (const role of ['app', 'holder', 'staging']) {
    const all = await containers(role);
    const guids = all.map(({ Labels }) => Labels['space-egress.instance'] ?? '');
    found.push(...all.filter(({ State }) => State !== 'running').map(({ Id, State }) => `${role} ${Id} is ${State}`));
    const wanted: ReadonlySet<string> = role === 'staging' ? new Set() : known;
    found.push(...guids.filter((guid) => !wanted.has(guid)).map((guid) => `${role} ${guid} belongs to nobody`));
    found.push(...[...wanted].filter((guid) => !guids.includes(guid)).map((guid) => `${guid} has no ${role}`));
  }
  return found;
}

/** When a foundation starts, it renders all rules again from its store, so any rules that change were wrong before. */
async function wrongRules(demo: Demo): Promise<string[]> {
  const before = await rulesInForce();
  await stop({ name: FOUNDATION });
  await startAgain(demo);
  const after = await rulesInForce();
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((instance) => before.get(instance) !== after.get(instance))
    .map((instance) => `rules of ${instance}: ${before.get(instance)} became ${after.get(instance)}`);
}

async function rulesInForce(): Promise<ReadonlyMap<string, string>> {
  const rules = (await containers('holder')).map(async ({ Id, Labels }): Promise<[string, string]> => {
    const text = await execute(docker.getContainer(Id), ['nft', 'list', 'table', 'inet', 'cell']);
    return [Labels['space-egress.instance'] ?? '', text];
  });
  return new Map(await Promise.all(rules));
}

/**
 * The rows of the demo's own table that aren't as expected, tested with packets. On a busy machine, one can be late.
 */
async function wrongAnswers(demo: Demo, host: string): Promise<string[]> {
  const { status, text } = await get(demo.url(host, '/egress'));
  // A foundation that has just started doesn't consider the instance healthy yet.
  if (status !== 200) return [`${host} answers ${status}: ${text}`];
  const { probes } = JSON.parse(text) as { readonly probes: readonly { readonly ok: boolean }[] };
  return probes.filter(({ ok }) => !ok).map((probe) => JSON.stringify(probe));
}
