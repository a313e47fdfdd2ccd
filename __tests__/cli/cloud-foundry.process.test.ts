import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { accountFrom, type Account, CloudFoundry } from '../../cli/cloud-foundry';
import {
  eventually,
  makeSpace,
  pushImage,
  startFoundation,
  tokenFor,
  type Foundation,
} from '@space-egress/foundation/testing';
import { temporaryFolder } from '../support/temporary-folder';

let foundation: Foundation;
let account: Account;
let cloud: CloudFoundry;
beforeAll(async () => {
  foundation = await startFoundation();
  const { username: user, password } = foundation.service.credentials.deployer;
  account = { apiUrl: foundation.service.url, user, password };
  cloud = await CloudFoundry.login(account);
});
afterAll(() => foundation.close());

test("the account is read from the provider's variables, and a missing one is named with the remedy", () => {
  const env = { CF_API_URL: 'http://api', CF_USER: 'me', CF_PASSWORD: 'secret' };
  expect(accountFrom(env)).toEqual({ apiUrl: 'http://api', user: 'me', password: 'secret' });
  expect(() => accountFrom({ CF_API_URL: 'http://api', CF_USER: '' })).toThrow(
    'CF_USER, CF_PASSWORD not set: for the local foundation run eval "$(space-egress local env)"',
  );
});

test('a wrong password is reported with the user and the address, and is never shown', async () => {
  const login = CloudFoundry.login({ ...account, password: 'not-the-password' });
  await expect(login).rejects.toThrow(
    `${account.apiUrl} refused the password of user 'deployer': check CF_USER and CF_PASSWORD`,
  );
  await expect(login).rejects.not.toThrow('not-the-password');
});

test("an API that doesn't answer is reported with its address and the reason", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await new Promise((resolve) => server.close(resolve));
  await expect(CloudFoundry.login({ ...account, apiUrl })).rejects.toThrow(
    new RegExp(`^${apiUrl} does not answer \\(.*ECONNREFUSED.*\\): check CF_API_URL, and that the foundation is up$`),
  );
});

test('a missing organization or space is named', async () => {
  await expect(cloud.organizationGuid('nowhere')).rejects.toThrow(
    `${account.apiUrl} has no organization named 'nowhere', or this account cannot see it`,
  );
  await expect(cloud.spaceGuid('nowhere', 'any')).rejects.toThrow("no organization named 'nowhere'");
  await expect(cloud.spaceGuid('egress-demo', 'no such space')).rejects.toThrow(
    "no space in egress-demo named 'no such space'",
  );
});

test("a space is found in its organization, and the API's refusals are reported in its own words", async () => {
  const guid = await makeSpace(foundation.deployer, 'found');
  await expect(cloud.spaceGuid('egress-demo', 'found')).resolves.toBe(guid);
  await expect(cloud.get('/v3/apps?colour=red')).rejects.toThrow(/answered 400: .*colour/);
  await expect(cloud.applyManifest(guid, { applications: [{ name: 'bad', memory: 'much' }] })).rejects.toThrow(
    /memory/i,
  );
});

test('a deleted resource is gone when the promise resolves, and deleting it again succeeds', async () => {
  const space = await makeSpace(foundation.deployer, 'with-app');
  const app = await pushImage(foundation.deployer, space, 'short-lived');
  await cloud.delete(`/v3/apps/${app}`);
  await expect(cloud.get(`/v3/apps/${app}`)).rejects.toThrow('answered 404');
  await cloud.delete(`/v3/apps/${app}`);
});

test('a log is in order and keeps its newest lines, with who printed each', async () => {
  const space = await makeSpace(foundation.deployer, 'with-log');
  const app = await pushImage(foundation.deployer, space, 'talkative');
  // The cell logs a line itself when it starts the instance.
  await eventually(() => [...foundation.cell.running.values()].find(({ appGuid }) => appGuid === app));
  const print = (message: string, stream: 'OUT' | 'ERR' = 'OUT'): void => {
    foundation.cell.log(app, { source: 'APP/PROC/WEB', instanceIndex: '0', stream, message });
  };
  for (let line = 0; line < 1200; line += 1) print(`line ${line}  `);
  const all = await cloud.log(app);
  expect(all).toHaveLength(1000);
  const common = { source: 'APP/PROC/WEB', at: expect.any(Number) as number };
  expect(all.at(-1)).toEqual({ ...common, stream: 'OUT', text: 'line 1199' });
  expect(await cloud.logs(app)).toEqual(Array.from({ length: 1000 }, (_, index) => `line ${index + 200}`));
  print('a complaint', 'ERR');
  expect((await cloud.log(app)).at(-1)).toEqual({ ...common, stream: 'ERR', text: 'a complaint' });
  await expect(cloud.log(app, new Date(Date.now() + 60_000))).resolves.toEqual([]);
});

describe('what cf login has left', () => {
  let home: string;
  beforeAll(async () => {
    home = temporaryFolder();
    mkdirSync(join(home, '.cf'));
    const { username, password } = foundation.service.credentials.deployer;
    const { body } = await tokenFor(account.apiUrl, { grant_type: 'password', username, password });
    const config = { Target: account.apiUrl, AccessToken: 'bearer has.expired.x', RefreshToken: body.refresh_token };
    writeFileSync(join(home, '.cf', 'config.json'), JSON.stringify(config));
  });

  test('is used if no variable names an account, and its expired token is renewed', async () => {
    const found = await CloudFoundry.connect({ CF_HOME: home });
    expect(found.identity).toBeUndefined();
    await expect(found.organizationGuid('egress-demo')).resolves.toMatch(/^[0-9a-f-]{36}$/);
    expect(found.identity?.name).toBe('deployer');
  });

  test.each([
    [{ CF_API_URL: 'https://api.other.example.gov' }, 'CF_USER, CF_PASSWORD not set'],
    [{ CF_HOME: '/nowhere' }, 'CF_API_URL, CF_USER, CF_PASSWORD not set'],
  ])('is not used with %j', async (env, message) => {
    await expect(CloudFoundry.connect({ CF_HOME: home, ...env })).rejects.toThrow(message);
  });
});
