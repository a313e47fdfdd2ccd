/** Work that a stop of the foundation interrupted, at its next start. */
import { NO_METADATA } from '../../src/cloud/metadata';
import { makeSpace, pushImage, startFoundation } from '../../testing/harness';
import { KeptStore } from './kept-store';

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
