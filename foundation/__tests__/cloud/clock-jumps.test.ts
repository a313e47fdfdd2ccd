/** Changes of the machine's clock: nothing gets stuck, and no access lasts longer. */
import { MemoryCell } from '../../src/cell/memory-cell';
import {
  Client,
  eventually,
  makeSpace,
  pushImage,
  startFoundation,
  toOne,
  tokenFor,
  type Foundation,
  type Json,
} from '../../testing/harness';
import { FakeClock } from './fake-clock';
import { KeptStore } from './kept-store';
import { restartDelay } from '../../src/cloud/instances';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const jumps = [
  ['forward', HOUR],
  ['back', -HOUR],
] as const;

let clock: FakeClock;
let fate: () => 'run' | 'wait' | 'crash';
let memoryCell: MemoryCell;
let store: KeptStore;
let foundation: Foundation;
let space: string;

const start = (): Promise<Foundation> => startFoundation({ clock, store, memoryCell });

beforeEach(async () => {
  clock = new FakeClock();
  fate = () => 'run';
  memoryCell = new MemoryCell({ now: () => clock.now(), fate: () => fate() });
  store = new KeptStore();
  foundation = await start();
  space = await makeSpace(foundation.deployer, 'space');
});

afterEach(async () => {
  await foundation.close();
  expect(foundation.failures).toEqual([]);
});

/** With a token of now. */
const deployer = (): Promise<Client> => {
  const { username, password } = foundation.service.credentials.deployer;
  return foundation.login(username, password);
};

const starts = (): number => memoryCell.history.filter((event) => event.startsWith('start')).length;

const onlyRunning = (): Promise<string> =>
  eventually(() => {
    const [guid, ...more] = [...memoryCell.running.keys()];
    const state = foundation.service.cloud.scheduler.reportOf(guid ?? '')?.state;
    return more.length === 0 && state === 'RUNNING' ? guid : undefined;
  });

describe('a token', () => {
  const status = async (client: Client): Promise<number> => (await client.get('/v3/organizations')).status;

  test('expires ten minutes after it was issued', async () => {
    clock.advance(599 * SECOND);
    expect(await status(foundation.deployer)).toBe(200);
    clock.advance(SECOND);
    expect(await status(foundation.deployer)).toBe(401);
  });

  test.each(jumps)(
    'is good no longer after the clock was put %s by an hour, and a new one is to be had',
    async (_way, by) => {
      clock.set(by);
      expect(await status(foundation.deployer)).toBe(401);
      expect(await status(await deployer())).toBe(200);
    },
  );

  test('stays valid when the clock is corrected by seconds, and not for longer than that', async () => {
    clock.set(-30 * SECOND);
    expect(await status(foundation.deployer)).toBe(200);
    clock.advance(629 * SECOND);
    expect(await status(foundation.deployer)).toBe(200);
    clock.advance(SECOND);
    expect(await status(foundation.deployer)).toBe(401);
  });

  test('that refreshes others does not live longer because the clock is set back', async () => {
    const { url, credentials } = foundation.service;
    const { username, password } = credentials.deployer;
    const { body } = await tokenFor(url, { grant_type: 'password', username, password });
    const refresh = () => tokenFor(url, { grant_type: 'refresh_token', refresh_token: String(body['refresh_token']) });
    expect((await refresh()).status).toBe(200);
    clock.set(-HOUR);
    expect((await refresh()).status).toBe(401);
  });
});

describe.each(jumps)('a clock that is set %s by an hour', (_way, by) => {
  test('does not change how long an instance waits for a restart', async () => {
    fate = () => 'crash';
    await pushImage(foundation.deployer, space, 'web');
    for (let crash = 1; crash <= 3; crash++) {
      await eventually(() => (starts() === crash && clock.next === 0) || undefined);
      clock.advance(0);
    }
    await eventually(() => clock.next === 30 * SECOND || undefined);
    clock.set(by);
    expect(clock.next).toBe(30 * SECOND);
    fate = () => 'run';
    clock.advance(30 * SECOND);
    await onlyRunning();
  });

  test('does not change how long an instance counts as having run', async () => {
    await pushImage(foundation.deployer, space, 'web');
    const crash = async (): Promise<void> => {
      memoryCell.crash(await onlyRunning(), 'Exited with status 1');
    };
    for (let restart = 1; restart <= 3; restart++) {
      await crash();
      expect(clock.next).toBe(0);
      clock.advance(0);
    }
    await onlyRunning();
    clock.set(by);
    await crash();
    expect(clock.next).toBe(30 * SECOND);
    clock.advance(30 * SECOND);
    await onlyRunning();
    clock.advance(5 * MINUTE);
    clock.set(by);
    await crash();
    expect(clock.next).toBe(0);
  });

  test('does not delay a running deployment', async () => {
    const app = await pushImage(foundation.deployer, space, 'web');
    const before = await onlyRunning();
    fate = () => 'wait';
    const deployment = await foundation.deployer.create('/v3/deployments', { relationships: { app: toOne(app) } });
    const fresh = await eventually(() => [...memoryCell.running.keys()].find((guid) => guid !== before));
    clock.set(by);
    await eventually(() => foundation.service.cloud.scheduler.reportOf(fresh)?.state === 'RUNNING' || undefined);
    memoryCell.ready(fresh, true);
    const client = await deployer();
    const status = async (): Promise<Json> =>
      (await client.get(`/v3/deployments/${deployment}`)).body['status'] as Json;
    await eventually(async () => (await status())['value'] === 'FINALIZED' || undefined);
    expect(await status()).toMatchObject({ reason: 'DEPLOYED' });
    expect(await onlyRunning()).toBe(fresh);
  });

  test('does not prevent the next foundation from taking over instances', async () => {
    const app = await pushImage(foundation.deployer, space, 'web');
    const before = await onlyRunning();
    await foundation.close();
    clock.set(by);
    foundation = await start();
    expect(await onlyRunning()).toBe(before);
    const client = await deployer();
    const { body } = await client.get(`/v3/apps/${app}/processes/web/stats`);
    expect((body['resources'] as Json[]).map(({ state, instance_guid: guid }) => [state, guid])).toEqual([
      ['RUNNING', before],
    ]);
    expect((await client.post(`/v3/apps/${app}/actions/restart`)).status).toBe(200);
    await eventually(() => ([...memoryCell.running.keys()].some((guid) => guid !== before) ? true : undefined));
    await onlyRunning();
  });
});

describe('the restart of a crashed instance', () => {
  describe('after a crash', () => {
    test.each([
      [1, 0],
      [2, 0],
      [3, 0],
      [4, 30],
      [5, 60],
      [6, 120],
      [8, 480],
      [9, 960],
      [10, 960],
      [200, 960],
    ])('number %i the instance is restarted after %i s', (crashes, seconds) =>
      expect(restartDelay(crashes)).toBe(seconds * 1000),
    );

    test('number 201 the instance is given up', () => expect(restartDelay(201)).toBeUndefined());
  });
});
