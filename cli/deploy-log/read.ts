import { stripVTControlCharacters } from 'node:util';
import { PROXY_HEALTH } from '../../constructs/values/health-check';
import { type CloudFoundry, type LogLine, Refusal } from '../cloud-foundry';
import { LOG_LINES } from '../limits';
import {
  type Crash,
  type Deployment,
  pendingVariables,
  type Rollout,
  rolloutOf,
  type Story,
  type Variables,
} from './story';

interface DeploymentResource {
  readonly guid: string;
  readonly created_at: string;
  readonly status: { readonly value: string; readonly reason: string };
  readonly new_processes: readonly { readonly guid: string; readonly type: string }[];
  readonly revision: { readonly guid: string; readonly version: number } | null;
}

interface EventResource {
  readonly created_at: string;
  readonly actor: { readonly guid: string };
  readonly data: { readonly instance?: string; readonly index?: number; readonly exit_description?: string };
}

interface ProcessResource {
  readonly guid: string;
  readonly instances: number;
}

interface StatsResource {
  readonly state: string;
  readonly instance_guid?: string;
}

/** The platform records an event some time after the last line was printed, and rounds to seconds. */
const BEFORE_MS = 120_000;
const AFTER_MS = 5000;

/**
 * Asks the platform what happened to an application's latest deployment, using only its API and its log, which every
 * foundation has.
 *
 * @see https://docs.cloudfoundry.org/devguide/deploy-apps/rolling-deploy.html
 * @see https://v3-apidocs.cloudfoundry.org/#audit-events
 */
export async function readStory(cloud: CloudFoundry, app: string, guid: string): Promise<Story> {
  const [deployments, crashes] = await Promise.all([readDeployments(cloud, guid), readCrashes(cloud, guid)]);
  const rollout = rolloutOf(deployments, crashes);
  const why = rollout.endings.map(({ last }) => last.why).join('\n');
  const [lines, advice, serving, pending] = await Promise.all([
    readLines(cloud, guid, rollout),
    adviceOn(cloud, guid, why),
    readServing(cloud, guid, rollout),
    readPending(cloud, guid, rollout),
  ]);
  return { app, ...rollout, lines, advice, serving, ...(pending === undefined ? {} : { pending }) };
}

async function readDeployments(cloud: CloudFoundry, app: string): Promise<readonly Deployment[]> {
  const found = await cloud.list(`/v3/deployments?app_guids=${app}&order_by=-created_at&per_page=2`);
  return (found as unknown as readonly DeploymentResource[]).map((row) => ({
    guid: row.guid,
    at: row.created_at,
    finished: row.status.value === 'FINALIZED',
    reason: row.status.reason,
    process: row.new_processes.find(({ type }) => type === 'web')?.guid ?? '',
    ...(row.revision === null ? {} : { revision: row.revision }),
  }));
}

async function readCrashes(cloud: CloudFoundry, app: string): Promise<readonly Crash[]> {
  const query = `types=audit.app.process.crash&target_guids=${app}&order_by=-created_at&per_page=200`;
  const found = await cloud.list(`/v3/audit_events?${query}`);
  return (found as unknown as readonly EventResource[]).map(({ created_at: at, actor, data }) => ({
    process: actor.guid,
    instance: data.instance ?? '',
    index: data.index ?? 0,
    at,
    why: data.exit_description ?? '',
  }));
}

async function readLines(cloud: CloudFoundry, app: string, rollout: Rollout): Promise<readonly string[]> {
  const last = rollout.endings.map((ending) => ending.last).sort((a, b) => (a.at < b.at ? 1 : -1))[0];
  if (last !== undefined) {
    const at = Date.parse(last.at);
    return linesOf(await cloud.log(app, new Date(at - BEFORE_MS), new Date(at + AFTER_MS)), last.instance);
  }
  if (rollout.deployment === undefined || rollout.deployment.finished) {
    return [];
  }
  const stats = await readStats(cloud, rollout.deployment.process);
  const waiting = stats.find(({ state }) => state !== 'RUNNING')?.instance_guid;
  return waiting === undefined ? [] : linesOf(await cloud.log(app, new Date(rollout.deployment.at)), waiting);
}

/** What the instance itself printed; if it never got that far, what the platform says about it. */
function linesOf(log: readonly LogLine[], instance: string): readonly string[] {
  const own = log.filter((line) => line.instance === instance);
  const printed = own.filter(({ source }) => source.startsWith('APP/'));
  return (printed.length > 0 ? printed : own).slice(-LOG_LINES).map(({ text }) => withoutControls(text));
}

/** An application must not be able to control the terminal. */
const withoutControls = (text: string): string => stripVTControlCharacters(text).replace(/[\p{Cc}\p{Cf}]/gu, ' ');

/** Empty if the process is gone meanwhile, as a deployment's processes are when it ends. */
async function readStats(cloud: CloudFoundry, process: string): Promise<readonly StatsResource[]> {
  const stats = await unlessRefused(404, () => cloud.list(`/v3/processes/${process}/stats`));
  return (stats ?? []) as unknown as readonly StatsResource[];
}

async function readServing(cloud: CloudFoundry, app: string, { deployment }: Rollout): Promise<Story['serving']> {
  const found = await cloud.list(`/v3/processes?app_guids=${app}&types=web`);
  const processes = (found as unknown as readonly ProcessResource[]).filter(
    ({ guid }) => deployment === undefined || deployment.reason === 'DEPLOYED' || guid !== deployment.process,
  );
  const stats = (await Promise.all(processes.map(({ guid }) => readStats(cloud, guid)))).flat();
  return { running: stats.filter(({ state }) => state === 'RUNNING').length, wanted: stats.length };
}

/** Only names are shown, because values are secrets; undefined if the account may not read them. */
async function readPending(cloud: CloudFoundry, app: string, rollout: Rollout): Promise<readonly string[] | undefined> {
  const deployed = (await cloud.list(`/v3/apps/${app}/revisions/deployed`)).map(({ guid }) => String(guid));
  // Until a deployment ends, the platform counts its revision as deployed.
  const serving = deployed.find((guid) => guid !== rollout.deployment?.revision?.guid) ?? deployed[0];
  if (serving === undefined) return undefined;
  const [wanted, running] = await Promise.all(
    [`/v3/apps/${app}`, `/v3/revisions/${serving}`].map((path) =>
      unlessRefused(403, () => cloud.get(`${path}/environment_variables`)),
    ),
  );
  return wanted && running && pendingVariables(wanted.var as Variables, running.var as Variables);
}

async function unlessRefused<T>(status: number, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Refusal && error.status === status) return undefined;
    throw error;
  }
}

interface Droplet {
  /** `null` for an application that a buildpack has built. */
  readonly image: string | null;
}

/**
 * What to do about an application that never passes the proxy's health check: nothing in a deploy says that the image
 * may be somebody else's.
 *
 * @param why in the platform's words
 */
export async function adviceOn(cloud: CloudFoundry, app: string, why: string): Promise<readonly string[]> {
  if (!/never healthy/i.test(why) || !why.includes(PROXY_HEALTH)) return [];
  const { image } = (await cloud.get(`/v3/apps/${app}/droplets/current`)) as unknown as Droplet;
  return [
    `Its health check asks for ${PROXY_HEALTH}, which only this project's proxy answers.`,
    image === null
      ? 'Check that EgressProxy.buildpack() is its source, and read what it printed.'
      : `If '${image}' is not from this project, or is older than the check, build one from the folder squid and give it to EgressProxy.`,
  ];
}
