/** SSH access to instances, and how clients request it. */
import { createHash } from 'node:crypto';
import { GLOBAL_SCOPES } from '../../src/cloud/permissions';
import { Database } from '../../src/cloud/state';
import { Tokens } from '../../src/cloud/tokens';
import { ensureHostKey, fingerprintOf, hostKey } from '../../src/ssh/ssh-server';
import { FakeClock } from '../cloud/fake-clock';
import { KeptStore } from '../cloud/kept-store';
import { enter, login, oneTimeCode, sshPlace } from '../ssh/client';
import { Client, eventually, foundationForAll, pushImage, tokenFor, toOne, type Json } from '../../testing/harness';

const CODE = '/uaa/oauth/authorize?response_type=code&client_id=ssh-proxy';
const MINUTE = 60_000;

const clock = new FakeClock();
const foundation = foundationForAll({ clock, space: 'Space' });
let app: string;
let user: string;

beforeAll(async () => {
  app = await pushImage(foundation.deployer, foundation.space, 'web');
  user = `cf:${await foundation.deployer.find(`/v3/processes?app_guids=${app}`)}/0`;
  await running();
});

const running = async (): Promise<void> => {
  const { cell, deployer } = foundation;
  await eventually(async () => {
    const { resources } = (await deployer.get(`/v3/apps/${app}/processes/web/stats`)).body;
    return (cell.running.size > 0 && (resources as Json[])[0]?.['state'] === 'RUNNING') || undefined;
  });
};

/** Whether the user can log in with a code from the client. */
const getsIn = async (client: Client, as = user): Promise<boolean> => {
  const connection = await enter(client, as);
  connection?.end();
  return connection !== undefined;
};

const setApp = (enabled: boolean) => foundation.deployer.patch(`/v3/apps/${app}/features/ssh`, { enabled });
const setSpace = (enabled: boolean) =>
  foundation.deployer.patch(`/v3/spaces/${foundation.space}/features/ssh`, { enabled });
const status = async (): Promise<Json> => (await foundation.deployer.get(`/v3/apps/${app}/ssh_enabled`)).body;

describe('the address', () => {
  test("is in the API's root, with the fingerprint of the host key", async () => {
    const { deployer, nobody } = foundation;
    const { host, fingerprint } = await sshPlace(nobody);
    let shown = '';
    const hostVerifier = (key: Buffer): boolean => {
      shown = createHash('sha256').update(key).digest('base64');
      return true;
    };
    (await login(deployer, user, await oneTimeCode(deployer), { hostVerifier })).end();
    expect([host, `${fingerprint}=`, fingerprint.length]).toEqual(['127.0.0.1', shown, 43]);
  });

  test('has the same key after a restart, and a different one in another foundation', () => {
    const store = new KeptStore();
    const keyIn = (kept: KeptStore): string => {
      const database = new Database(kept, clock);
      database.transaction(ensureHostKey);
      return fingerprintOf(hostKey(database.state));
    };
    const first = keyIn(store);
    expect(keyIn(store)).toBe(first);
    // Each key can be parsed.
    const others = Array.from({ length: 300 }, () => keyIn(new KeptStore()));
    expect(new Set([first, ...others]).size).toBe(301);
  });
});

describe('a one-time code', () => {
  test('is valid once', async () => {
    const { deployer } = foundation;
    const code = await oneTimeCode(deployer);
    (await login(deployer, user, code)).end();
    await expect(login(deployer, user, code)).rejects.toThrow('All configured authentication methods failed');
  });

  test('is used up by a login that fails', async () => {
    const { deployer } = foundation;
    const code = await oneTimeCode(deployer);
    await expect(login(deployer, 'cf:nothing/0', code)).rejects.toThrow();
    await expect(login(deployer, user, code)).rejects.toThrow();
  });

  test('is valid for five minutes', async () => {
    const { deployer } = foundation;
    const [early, late] = [await oneTimeCode(deployer), await oneTimeCode(deployer)];
    clock.advance(5 * MINUTE - 1);
    (await login(deployer, user, early)).end();
    clock.advance(1);
    await expect(login(deployer, user, late)).rejects.toThrow();
  });

  test.each([
    ['another client', CODE.replace('ssh-proxy', 'cf'), 401, 'invalid_client'],
    ['no client', '/uaa/oauth/authorize?response_type=code', 401, 'invalid_client'],
    ['a token', CODE.replace('=code', '=token'), 400, 'unsupported_response_type'],
  ])('is refused for %s', async (_what, path, code, error) => {
    const reply = await foundation.deployer.get(path);
    expect([reply.status, reply.body['error']]).toEqual([code, error]);
  });

  test('is refused to a UAA client', async () => {
    const { url, credentials } = foundation.service;
    const { password } = credentials.deployer;
    const { body } = await tokenFor(url, { grant_type: 'client_credentials' }, `deployer-client:${password}`);
    const reply = await new Client(url, String(body['access_token'])).get(CODE);
    expect([reply.status, reply.body['error']]).toEqual([401, 'unauthorized']);
  });
});

describe('an instance', () => {
  const holderOf = async (role: string): Promise<Client> => {
    const { admin, service, space } = foundation;
    const { cloud, url } = service;
    const guid = await admin.create('/v3/users', { username: `holds-${role}`, origin: 'uaa' });
    const global = Object.entries(GLOBAL_SCOPES).flatMap(([name, scope]) => (name === role ? [scope] : []));
    const organization = await admin.find('/v3/organizations?names=egress-demo');
    const give = (type: string, place: object) =>
      admin.create('/v3/roles', { type, relationships: { user: toOne(guid), ...place } });
    if (global.length === 0) {
      await give('organization_user', { organization: toOne(organization) });
      await give(role, role.startsWith('space') ? { space: toOne(space) } : { organization: toOne(organization) });
    }
    const scopes = ['cloud_controller.read', 'cloud_controller.write', ...global];
    const credential = { guid, kind: 'user', name: role, hash: '', scopes, createdAt: '', updatedAt: '' } as const;
    const tokens = new Tokens(cloud.state, `${cloud.api}/uaa/oauth/token`);
    return new Client(url, tokens.issue(credential, 'cf').access_token);
  };

  test.each([
    ['space_developer', true],
    ['admin', true],
    ['space_manager', false],
    ['space_supporter', false],
    ['space_auditor', false],
    ['organization_manager', false],
    ['admin_read_only', false],
    ['global_auditor', false],
  ])('%s may enter it: %s', async (role, may) => {
    expect(await getsIn(await holderOf(role))).toBe(may);
  });

  test("is named by process and index, or for web by the application's GUID", async () => {
    const { deployer, space } = foundation;
    expect(await getsIn(deployer, `cf:${app}/0`)).toBe(true);
    for (const other of [user.replace('/0', '/1'), user.replace('cf:', 'diego:'), `cf:${space}/0`, 'root', '']) {
      expect([other, await getsIn(deployer, other)]).toEqual([other, false]);
    }
  });

  test("is closed if SSH is disabled for its space, whatever the application's setting", async () => {
    await setSpace(false);
    expect([await status(), await getsIn(foundation.admin)]).toEqual([
      { enabled: false, reason: 'Disabled for space Space' },
      false,
    ]);
    await setSpace(true);
    expect([await status(), await getsIn(foundation.deployer)]).toEqual([{ enabled: true, reason: '' }, true]);
  });

  test('is closed if SSH is disabled for its application', async () => {
    await setApp(false);
    expect([await status(), await getsIn(foundation.deployer)]).toEqual([
      { enabled: false, reason: 'Disabled for app' },
      false,
    ]);
    await setApp(true);
    expect(await getsIn(foundation.deployer)).toBe(true);
  });

  test('that started while SSH was disabled is open after a restart of its application', async () => {
    const { deployer } = foundation;
    const restart = async (): Promise<void> => {
      await deployer.post(`/v3/apps/${app}/actions/restart`);
      await running();
    };
    await setApp(false);
    await restart();
    await setApp(true);
    expect(await getsIn(deployer)).toBe(false);
    await restart();
    expect(await getsIn(deployer)).toBe(true);
  });

  test('records an event for each successful and each failed login', async () => {
    const { deployer, admin } = foundation;
    const events = async (): Promise<unknown[]> =>
      (await deployer.list(`/v3/audit_events?target_guids=${app}&per_page=5000`))
        .filter(({ type }) => String(type).startsWith('audit.app.ssh'))
        .map(({ type, actor, data }) => [type, (actor as Json)['name'], (data as Json)['index']]);
    const before = (await events()).length;
    await getsIn(deployer);
    await setSpace(false);
    await getsIn(admin);
    await setSpace(true);
    await login(deployer, user, 'made up').catch(() => undefined);
    await getsIn(deployer, 'cf:unknown/0');
    expect((await events()).slice(before)).toEqual([
      ['audit.app.ssh-authorized', 'deployer', 0],
      ['audit.app.ssh-unauthorized', 'admin', 0],
      ['audit.app.ssh-unauthorized', 'unknown-user-email', 0],
    ]);
  });
});
