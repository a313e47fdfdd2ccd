import type { CloudFoundry } from './cloud-foundry';

export interface AppInstances {
  readonly app: string;
  readonly wanted: number;
  readonly running: number;
}

interface Stats {
  readonly resources: readonly { readonly state: string; readonly details?: string | null }[];
}

interface Apps {
  readonly resources: readonly { readonly guid: string; readonly name: string; readonly state: string }[];
}

const LIMIT_MS = 90_000;
const POLL_MS = 250;
const LOG_LINES = 15;

/**
 * Waits until every started application of the spaces runs with all its instances. The provider does not: an
 * application that crashes at start is a successful apply.
 *
 * @throws with the last log lines of an application whose instance has crashed, or that doesn't get there in 90 s
 */
export async function awaitInstances(
  cloud: CloudFoundry,
  spaceGuids: readonly string[],
): Promise<readonly AppInstances[]> {
  const deadline = Date.now() + LIMIT_MS;
  const { resources: apps } = (await cloud.get(`/v3/apps?space_guids=${spaceGuids.join(',')}`)) as unknown as Apps;
  const started = apps.filter(({ state }) => state === 'STARTED');
  return Promise.all(started.map(({ guid, name }) => awaitApp(cloud, guid, name, deadline)));
}

async function awaitApp(cloud: CloudFoundry, guid: string, app: string, deadline: number): Promise<AppInstances> {
  for (;;) {
    const { resources } = (await cloud.get(`/v3/apps/${guid}/processes/web/stats`)) as unknown as Stats;
    const running = resources.filter(({ state }) => state === 'RUNNING').length;
    if (running === resources.length) {
      return { app, wanted: resources.length, running };
    }
    const crashed = resources.find(({ state }) => state === 'CRASHED' || state === 'DOWN');
    if (crashed?.state === 'CRASHED' || Date.now() > deadline) {
      const why = crashed?.details ?? `${running} of ${resources.length} instances run`;
      const lines = await lastLines(cloud, guid);
      throw new Error(`application ${app} does not run (${why}); its last lines:\n${lines.join('\n')}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function lastLines(cloud: CloudFoundry, guid: string): Promise<readonly string[]> {
  return (await cloud.logs(guid)).slice(-LOG_LINES).map((line) => `  ${line}`);
}
