import { get } from 'node:http';
import { statSync, readFileSync } from 'node:fs';
import { Client, foundationForAll, tokenFor } from '../../testing/harness';

const foundation = foundationForAll();

const works = async (token: unknown): Promise<boolean> =>
  (await new Client(foundation.service.url, String(token)).get('/v3/organizations')).status === 200;

test('a user gets a token with the password, and another one with the refresh token', async () => {
  const { url, credentials } = foundation.service;
  const first = await tokenFor(url, { grant_type: 'password', ...credentials.deployer });
  expect(first.body).toMatchObject({ token_type: 'bearer', expires_in: 599 });
  expect(await works(first.body['access_token'])).toBe(true);
  const second = await tokenFor(url, {
    grant_type: 'refresh_token',
    refresh_token: String(first.body['refresh_token']),
  });
  expect(await works(second.body['access_token'])).toBe(true);
  expect(await works(first.body['refresh_token'])).toBe(false);
});

test('a client gets a token with its secret, and no refresh token', async () => {
  const { url, credentials } = foundation.service;
  const client = `deployer-client:${credentials.deployer.password}`;
  const { body } = await tokenFor(url, { grant_type: 'client_credentials' }, client);
  expect(await works(body['access_token'])).toBe(true);
  expect(body['refresh_token']).toBeUndefined();
});

test.each([
  ['a wrong password', { grant_type: 'password', username: 'admin', password: 'x' }, 401, 'unauthorized'],
  ['an unknown user', { grant_type: 'password', username: 'nobody', password: 'x' }, 401, 'unauthorized'],
  [
    'an access token in the place of a refresh token',
    { grant_type: 'refresh_token', refresh_token: 'x' },
    401,
    'invalid_token',
  ],
  ['a grant that there is not', { grant_type: 'magic' }, 400, 'unsupported_grant_type'],
  ['no grant', {}, 400, 'invalid_request'],
  ['the public client for itself', { grant_type: 'client_credentials' }, 401, 'invalid_client'],
] as [string, Record<string, string>, number, string][])('%s gets none', async (_what, form, status, error) => {
  const reply = await tokenFor(foundation.service.url, form);
  expect([reply.status, reply.body['error']]).toEqual([status, error]);
});

test('the passwords are in a file that only its owner can read, and not in the store', () => {
  const { credentials, cloud } = foundation.service;
  const file = cloud.blobs.path('packages', 'x').replace('packages/x.zip', 'credentials.json');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(credentials);
  expect(JSON.stringify([...cloud.state.credentials])).not.toContain(credentials.admin.password);
});

test('a client whose name is half an escape sequence is refused', async () => {
  const reply = await tokenFor(foundation.service.url, { grant_type: 'client_credentials' }, '%:x');
  expect([reply.status, reply.body['error']]).toEqual([401, 'unauthorized']);
  expect(foundation.failures).toEqual([]);
});

const statusAt = (host: string): Promise<number | undefined> =>
  new Promise((done, fail) => {
    get(foundation.service.url, { headers: { Host: host } }, (response) => {
      response.resume();
      done(response.statusCode);
    }).on('error', fail);
  });

test.each([
  ['localhost:8700', 200],
  ['api.localhost', 200],
  ['127.0.0.1', 200],
  ['[::1]:8700', 200],
  ['localhost.example.org', 400],
  ['127.0.0.1.example.org', 400],
])('the API answers requests for host %s with %i', async (host, status) => {
  expect(await statusAt(host)).toBe(status);
});

test('the log cache ignores unknown parameters', async () => {
  const { admin } = foundation;
  expect((await admin.get('/api/v1/read/none?name_filter=cpu')).status).toBe(404);
  expect((await admin.get('/v3/apps?name_filter=cpu')).status).toBe(400);
});
