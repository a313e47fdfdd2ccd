import { formatEnvelope, LogClient } from '../../src/local/logs';
import { makeSpace, startFoundation, toOne } from '../../testing/harness';
import { FakeClock } from '../cloud/fake-clock';

test('the space distinguishes two applications of the same name, as the message says', async () => {
  const foundation = await startFoundation();
  try {
    const create = async (space: string): Promise<void> => {
      const relationships = { space: toOne(await makeSpace(foundation.deployer, space)) };
      await foundation.deployer.create('/v3/apps', { name: 'web', relationships });
    };
    const { url, credentials } = foundation.service;
    await create('inside');
    const client = await LogClient.login(url, credentials.admin);
    const only = await client.appGuid('web');
    await create('outside');
    await expect(client.appGuid('web')).rejects.toThrow(
      'there are 2 applications "web": name one of the spaces inside, outside with --space',
    );
    expect(await client.appGuid('web', 'inside')).toBe(only);
    await expect(client.appGuid('web', 'nowhere')).rejects.toThrow('no application "web" in space "nowhere"');
  } finally {
    await foundation.close();
  }
});

test('following a log continues after the token expires', async () => {
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
    const lines = (await client.read(app, 0n)).map(({ log }) => Buffer.from(log.payload, 'base64').toString());
    expect(lines).toContain('later');
  } finally {
    await foundation.close();
  }
});

describe('a line of a log', () =>
  it('is printed as by the cf CLI', () => {
    const payload = Buffer.from('Grüße').toString('base64');
    expect(
      formatEnvelope({
        timestamp: '1764000000123456789',
        instance_id: '0',
        tags: { source_type: 'APP/PROC/WEB' },
        log: { payload, type: 'OUT' },
      }),
    ).toBe('2025-11-24T16:00:00.123Z [APP/PROC/WEB/0] OUT Grüße');
  }));
