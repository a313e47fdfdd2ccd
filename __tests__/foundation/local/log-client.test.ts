import { LogClient } from '../../../foundation/src/local/log-client';
import { makeSpace, startFoundation, toOne } from '../api/harness';
import { FakeClock } from '../cloud/fake-clock';

test('whoever follows a log for longer than a token lasts goes on reading', async () => {
  const clock = new FakeClock();
  const foundation = await startFoundation({ clock });
  try {
    const space = await makeSpace(foundation.deployer, 'space');
    await foundation.deployer.create('/v3/apps', { name: 'web', relationships: { space: toOne(space) } });
    const { url, credentials } = foundation.service;
    const client = await LogClient.login(url, credentials.admin);
    const app = await client.appGuid('web');
    clock.advance(11 * 60_000);
    foundation.cell.log(app, { instanceIndex: '0', source: 'API', stream: 'OUT', message: 'later' });
    expect(await client.read(app, 0n)).toHaveLength(1);
  } finally {
    await foundation.close();
  }
});
