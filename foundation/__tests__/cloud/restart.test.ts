/** Work that a stop of the foundation interrupted, at its next start. */
import { NO_METADATA } from '../../src/cloud/metadata';
import {
  makeSpace,
  pushImage,
  startFoundation,
  eventually,
  foundationForEach,
  toOne,
  type Json,
} from '../../testing/harness';
import { KeptStore } from './kept-store';
import { type Change, MemoryStore, StoreFullError } from '../../src/store/store';
import { FakeClock } from './fake-clock';

test('an interrupted build has failed, and the same push succeeds', async () => {
  const store = new KeptStore();
  const before = await startFoundation({ store });
  const space = await makeSpace(before.deployer, 'space');
  const app = await pushImage(before.deployer, space, 'web');
  const packageGuid = await before.admin.find(`/v3/packages?app_guids=${app}`);
  const { guid } = before.service.cloud.transact((state) =>
    state.builds.put({
      ...state.stamp(),
      appGuid: app,
      packageGuid,
      state: 'STAGING',
      error: null,
      lifecycle: { type: 'docker' },
      createdBy: '',
      metadata: NO_METADATA,
    }),
  );
  await before.close();

  const after = await startFoundation({ store });
  try {
    const { body } = await after.admin.get(`/v3/builds/${guid}`);
    expect([body['state'], body['error']]).toEqual([
      'FAILED',
      'StagingError - Staging error: the foundation stopped while staging; push again',
    ]);
    await after.admin.create('/v3/builds', { package: { guid: packageGuid } });
  } finally {
    await after.close();
  }
});

describe('a full disk', () => {
  class FillableStore extends MemoryStore {
    /** The number of commits that there is room for. */
    public room = Infinity;

    public override commit(changes: readonly Change[]): void {
      if (this.room === 0) throw new StoreFullError('full');
      this.room -= 1;
      super.commit(changes);
    }
  }

  let clock: FakeClock;
  let store: FillableStore;

  const foundation = foundationForEach(() => {
    clock = new FakeClock();
    store = new FillableStore();
    return { clock, store, cell: { now: () => clock.now() }, space: 'space' };
  });

  const second = async <T>(ask: () => Promise<T | undefined> | T | undefined): Promise<T> =>
    eventually(() => {
      clock.advance(1000);
      return ask();
    });

  test('a write is refused with the reason and the remedy, reads still work, and nothing has changed', async () => {
    const { admin } = foundation;
    const relationships = { organization: toOne(await admin.find('/v3/organizations')) };
    store.room = 0;
    const { status, body } = await admin.post('/v3/spaces', { name: 'one', relationships });
    expect(status).toBe(500);
    expect(body['errors']).toEqual([
      {
        code: 10011,
        title: 'CF-DatabaseError',
        detail: expect.stringMatching(/the foundation's disk is full; nothing was changed.*repeat/) as string,
      },
    ]);
    expect((await admin.get('/v3/spaces?names=one')).body['resources']).toEqual([]);
    store.room = Infinity;
    await admin.create('/v3/spaces', { name: 'one', relationships });
    expect(foundation.failures).toEqual([]);
  });

  test('a job in progress is finished once there is room again', async () => {
    store.room = 1;
    const accepted = await foundation.admin.delete(`/v3/spaces/${foundation.space}`);
    const path = new URL(accepted.headers.get('location') ?? '').pathname;
    await second(() => (foundation.failures.length > 0 ? true : undefined));
    expect((await foundation.admin.get(path)).body['state']).toBe('PROCESSING');
    store.room = Infinity;
    await second(async () => ((await foundation.admin.get(path)).body['state'] === 'COMPLETE' ? true : undefined));
    expect((await foundation.admin.get(`/v3/spaces/${foundation.space}`)).status).toBe(404);
    foundation.failures.length = 0;
  });

  test('an instance that crashed meanwhile is restarted once there is room', async () => {
    const app = await pushImage(foundation.deployer, foundation.space, 'web');
    const running = (): string[] => [...foundation.cell.running.keys()];
    const { scheduler } = foundation.service.cloud;
    const first = await eventually(() => running().find((guid) => scheduler.reportOf(guid)?.state === 'RUNNING'));
    store.room = 0;
    foundation.cell.crash(first, 'Exited with status 1');
    await second(() => (foundation.failures.length > 1 ? true : undefined));
    store.room = Infinity;
    await second(async () => {
      const { body } = await foundation.deployer.get(`/v3/apps/${app}/processes/web/stats`);
      const [{ state, instance_guid: guid } = {} as Json] = body['resources'] as Json[];
      return state === 'RUNNING' && running().includes(String(guid)) ? true : undefined;
    });
    foundation.failures.length = 0;
  });
});
