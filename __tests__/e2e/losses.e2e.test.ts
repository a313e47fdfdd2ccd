/** What a client loses when a component is killed; the figures in foundation/docs/behavior.md come from this output. */
import { setTimeout as sleep } from 'node:timers/promises';
import { awaitApplications } from '../../tools/demo';
import { waitFor } from '@space-egress/foundation/testing';
import { Demo } from './support/demo';
import { differences, killFoundation, killInstance, startAgain } from './support/exactness';
import { type LoadResult, underLoad, routerLoad } from './support/load';

jest.setTimeout(10 * 60_000);

const RATE = 50;
const AROUND_MS = 2000;

let demo: Demo;

beforeAll(async () => {
  demo = await Demo.open();
  await demo.deploy();
});

const onRoute = (work: () => Promise<unknown>): Promise<LoadResult> =>
  routerLoad(demo.url('egress-demo', '/healthz'), RATE, work);
const onProxy = (work: () => Promise<unknown>): Promise<LoadResult> =>
  underLoad(demo, { rate: RATE, keepAlive: false, url: 'http://www.example.org/' }, work);
const calm = (): Promise<void> => sleep(AROUND_MS);

const lossless = { sent: expect.any(Number) as number, failed: 0, failures: {} };

const tell = (what: string, result: LoadResult): void => {
  process.stderr.write(`losses: ${what}: ${JSON.stringify(result)}\n`);
};

describe.each([
  ['egress-demo', 'its public route', onRoute],
  ['egress-proxy', 'the proxy', onProxy],
] as const)('an instance of %s, with a client on %s', (app, _way, load) => {
  test.each(['app', 'holder'] as const)('whose %s container is killed is replaced under its rules', async (role) => {
    const before = await demo.instances(app);
    const result = await load(async () => {
      await calm();
      await killInstance(role, app);
      await waitFor(async () => {
        const now = await demo.instances(app);
        return now.length === before.length && now.some((id) => !before.includes(id));
      }, `another instance of ${app}`);
      await awaitApplications(demo.env);
      await calm();
    });
    tell(`${role} of ${app}`, result);
    expect(await load(calm)).toEqual(lossless);
    expect(await differences(demo)).toEqual([]);
  });
});

test.each([
  ['the public route', onRoute],
  ['the proxy', onProxy],
] as const)('a client on %s gets on with the foundation when it is killed and started again', async (way, load) => {
  const result = await load(async () => {
    await calm();
    await killFoundation();
    await startAgain(demo);
    await calm();
  });
  tell(`the foundation, client on ${way}`, result);
  await awaitApplications(demo.env);
  expect(await load(calm)).toEqual(lossless);
  expect(await differences(demo)).toEqual([]);
});

test('a client of the public route never gets "no such route", however often the foundation is killed', async () => {
  const { failures } = await onRoute(async () => {
    for (let kill = 0; kill < 3; kill++) {
      await calm();
      await killFoundation();
      await startAgain(demo);
    }
    await calm();
  });
  const statuses = Object.keys(failures).filter((failure) => failure.startsWith('status'));
  expect(statuses).toEqual([]);
  await awaitApplications(demo.env);
  expect(await onRoute(calm)).toEqual(lossless);
});
