import type { CloudFoundry, LogLine } from './cloud-foundry';
import { readStory, adviceOn } from './deploy-log/read';
import type { Story } from './deploy-log/story';
import { INSTANCES_TIMEOUT_MS, STEADY_SECONDS, LOG_LINES } from './limits';

export interface AppInstances {
  readonly app: string;
  readonly wanted: number;
  readonly running: number;
}

interface Stats {
  readonly resources: readonly { readonly state: string; readonly details?: string | null; readonly uptime?: number }[];
}

interface Apps {
  readonly resources: readonly { readonly guid: string; readonly name: string; readonly state: string }[];
}

const POLL_MS = 250;

interface Trouble {
  readonly app: string;
  readonly why: string;
  readonly lines: readonly string[];
  /** What to do about it, if known. */
  readonly advice: readonly string[];
}

export class NotRunning extends Error {
  override readonly name = 'NotRunning';
  constructor(readonly troubles: readonly Trouble[]) {
    super(troubles.map(describe).join('\n'));
  }
}

export const describe = ({ app, why, lines, advice }: Trouble): string =>
  [`application ${app} does not run (${why}); its last lines:`, ...lines.map((line) => `  ${line}`), ...advice].join(
    '\n',
  );

/**
 * Waits until all instances of every started application in the spaces are running. The provider doesn't: if an
 * application crashes at start, the apply still succeeds.
 *
 * @throws NotRunning for applications with a crashed instance, or that aren't running within 90 s
 */
export async function awaitInstances(
  cloud: CloudFoundry,
  spaceGuids: readonly string[],
): Promise<readonly AppInstances[]> {
  const deadline = Date.now() + INSTANCES_TIMEOUT_MS;
  const apps = await startedApps(cloud, spaceGuids);
  const ends = await Promise.all(apps.map(({ guid, name }) => awaitApp(cloud, guid, name, deadline)));
  const troubles = ends.filter((end) => 'why' in end);
  if (troubles.length > 0) throw new NotRunning(troubles);
  return ends.filter((end) => 'running' in end);
}

/** What happened to deployments in which an instance has crashed since then, sorted by application name. */
export async function failuresSince(
  cloud: CloudFoundry,
  spaceGuids: readonly string[],
  since: Date,
): Promise<readonly Story[]> {
  // The platform's times are in seconds.
  const from = new Date(Math.floor(since.getTime() / 1000) * 1000).getTime();
  const apps = await startedApps(cloud, spaceGuids);
  const stories = await Promise.all(apps.map(({ guid, name }) => readStory(cloud, name, guid)));
  return stories
    .filter(({ endings }) => endings.some(({ last }) => Date.parse(last.at) >= from))
    .sort((a, b) => (a.app < b.app ? -1 : 1));
}

function lastLines(log: readonly LogLine[]): readonly string[] {
  return log
    .filter(({ source }) => source.startsWith('APP/'))
    .slice(-LOG_LINES)
    .map(({ text }) => text);
}

async function startedApps(cloud: CloudFoundry, spaceGuids: readonly string[]): Promise<Apps['resources']> {
  const { resources } = (await cloud.get(`/v3/apps?space_guids=${spaceGuids.join(',')}`)) as unknown as Apps;
  return resources.filter(({ state }) => state === 'STARTED');
}

async function awaitApp(
  cloud: CloudFoundry,
  guid: string,
  app: string,
  deadline: number,
): Promise<AppInstances | Trouble> {
  for (;;) {
    const { resources } = (await cloud.get(`/v3/apps/${guid}/processes/web/stats`)) as unknown as Stats;
    const running = resources.filter(({ state, uptime = 0 }) => state === 'RUNNING' && uptime >= STEADY_SECONDS).length;
    if (running === resources.length) {
      return { app, wanted: resources.length, running };
    }
    const crashed = resources.find(({ state }) => state === 'CRASHED');
    if (crashed !== undefined || Date.now() > deadline) {
      const why = crashed?.details ?? `${running} of ${resources.length} instances run`;
      return { app, why, lines: lastLines(await cloud.log(guid)), advice: await adviceOn(cloud, guid, why) };
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
