import { stop } from '@space-egress/foundation';
import { accountFrom, CloudFoundry } from '../../cli/cloud-foundry';
import { get } from '../../cli/verify/http';
import { awaitApplications } from '../../tools/demo';
import { Demo, FOUNDATION, runningContainers } from './support/demo';
import { differences, killEverything, restartEngine } from './support/exactness';

jest.setTimeout(10 * 60_000);

/** Restarts the container engine, which ends all containers on it, including those of others. @default - no restart */
const { EGRESS_ENGINE_RESTART: RESTART } = process.env;

describe('the foundation', () => {
  it('row 14: is stopped and started again, and everything works without being deployed again', async () => {
    const before = await Demo.open();
    await before.deploy();
    const instances = await instancesOf(before);

    await stop({ name: FOUNDATION });
    await expect(get(before.url('egress-demo'))).rejects.toThrow('does not answer');
    const after = await Demo.open();
    await awaitApplications(after.env);

    expect(await instancesOf(after)).toEqual(instances);
    expect(await get(after.url('egress-demo', '/proxy/small.txt'))).toMatchObject({ status: 200, size: 1024 });
    const report = JSON.parse((await get(after.url('egress-demo', '/egress'))).text) as { ok: boolean };
    expect(report.ok).toBe(true);
    expect((await after.stack.plan()).changes).toBe(false);
  });

  it('ends with the container engine and all containers: none comes back by itself, and a start brings all back exactly', async () => {
    const before = await Demo.open();
    await before.deploy();

    await killEverything();
    expect(await running()).toEqual([]);
    const after = await Demo.open();
    await awaitApplications(after.env);

    expect(await differences(after)).toEqual([]);
  });

  (RESTART === undefined ? it.skip : it)(
    'outlives a restart of the container engine, with the command of EGRESS_ENGINE_RESTART: closed until a start',
    async () => {
      const before = await Demo.open();
      await before.deploy();

      await restartEngine(RESTART ?? '');
      expect(await running()).toEqual([]);
      const after = await Demo.open();
      await awaitApplications(after.env);

      expect(await differences(after)).toEqual([]);
    },
  );
});

/** The running containers, by name. */
async function running(): Promise<readonly string[]> {
  return (await runningContainers()).flatMap(({ Names }) => Names);
}

/** The GUIDs of all running instances; a new instance would have a new one. */
async function instancesOf(demo: Demo): Promise<readonly string[]> {
  const cloud = await CloudFoundry.login(accountFrom(demo.env));
  const { resources: apps } = (await cloud.get('/v3/apps')) as unknown as { resources: readonly { guid: string }[] };
  const stats = await Promise.all(
    apps.map(async ({ guid }) => (await cloud.get(`/v3/apps/${guid}/processes/web/stats`)) as unknown as Stats),
  );
  return stats.flatMap(({ resources }) => resources.map(({ instance_guid: guid, state }) => `${guid} ${state}`)).sort();
}

interface Stats {
  readonly resources: readonly { readonly instance_guid: string; readonly state: string }[];
}
