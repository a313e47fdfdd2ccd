import { get } from 'node:http';
import { statSync, readFileSync } from 'node:fs';
import { Client, foundationForAll, tokenFor, refusal, toOne, type Json } from '../../testing/harness';
import { generatePassword, hashPassword, verifyPassword } from '../../src/cloud/credentials';

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

describe('accounts', () => {
  const foundation = foundationForAll();

  const account = {
    userName: 'auditor',
    password: 'secret',
    emails: [{ value: 'auditor@example.gov' }],
    origin: 'uaa',
  };

  test('a new account can log in and sees nothing, but everything as a read-only admin', async () => {
    const { admin } = foundation;
    const made = await admin.post('/uaa/Users', account);
    expect(made.status).toBe(201);
    const guid = String(made.body['id']);
    expect((await admin.get('/uaa/Users?filter=userName+eq+"auditor"')).body['resources']).toMatchObject([
      { id: guid },
    ]);
    expect(await admin.create('/v3/users', { guid })).toBe(guid);
    const outsider = await foundation.login('auditor', 'secret');
    expect((await outsider.get('/v3/organizations')).body['resources']).toEqual([]);
    const groups = await admin.get('/uaa/Groups?filter=displayName+eq+"cloud_controller.admin_read_only"');
    const [group] = groups.body['resources'] as Json[];
    const joined = await admin.post(`/uaa/Groups/${String(group?.['id'])}/members`, { value: guid, type: 'USER' });
    expect(joined.status).toBe(201);
    const auditor = await foundation.login('auditor', 'secret');
    expect((await auditor.get('/v3/organizations')).body['resources']).toHaveLength(1);
    expect((await auditor.post('/v3/organizations', { name: 'mine' })).status).toBe(403);
    expect((await admin.delete(`/uaa/Users/${guid}`)).status).toBe(200);
    expect((await admin.get(`/uaa/Users/${guid}`)).body).toMatchObject({ error: 'scim_resource_not_found' });
  });

  test('names are unique', async () => {
    const { admin } = foundation;
    await admin.post('/uaa/Users', { ...account, userName: 'twice' });
    const { status, body } = await admin.post('/uaa/Users', { ...account, userName: 'twice' });
    expect([status, body]).toEqual([
      409,
      { error: 'scim_resource_already_exists', error_description: 'Username already in use: twice' },
    ]);
  });

  test('only admins create accounts', async () => {
    const { status, body } = await foundation.deployer.post('/uaa/Users', account);
    expect([status, body['error']]).toEqual([403, 'insufficient_scope']);
  });

  const accountsNamed = async (filter: string): Promise<unknown[]> => {
    const { body } = await foundation.admin.get(`/uaa/Users?filter=${encodeURIComponent(filter)}`);
    return (body['resources'] as Json[]).map(({ userName, origin }) => [userName, origin]);
  };

  test('the same name in another origin is another account, and an empty origin means UAA itself', async () => {
    const { admin } = foundation;
    for (const origin of ['', 'saml']) {
      expect((await admin.post('/uaa/Users', { ...account, userName: 'jane', origin })).status).toBe(201);
    }
    expect(await accountsNamed('userName eq "jane"')).toEqual([
      ['jane', 'uaa'],
      ['jane', 'saml'],
    ]);
    expect(await accountsNamed('userName eq "Jane" and origin eq "saml"')).toEqual([['jane', 'saml']]);
    expect(await accountsNamed('userName eq "jane" and origin eq "ldap"')).toEqual([]);
    const refused = await admin.get(`/uaa/Users?filter=${encodeURIComponent('userName co "ja"')}`);
    expect([refused.status, refused.body['error']]).toEqual([400, 'scim']);
  });

  test('a role by user name also finds users who exist in UAA only, and an error names what was searched for', async () => {
    const { admin } = foundation;
    await admin.post('/uaa/Users', { ...account, userName: 'kim' });
    const organization = toOne(await admin.find('/v3/organizations?names=egress-demo'));
    const grant = async (data: object): Promise<unknown[]> => {
      const relationships = { user: { data }, organization };
      const reply = await admin.post('/v3/roles', { type: 'organization_user', relationships });
      return reply.status === 201 ? [201] : refusal(reply);
    };
    expect(await grant({ username: 'kim' })).toEqual([201]);
    expect(await grant({ username: 'lee' })).toEqual([422, "No user exists with the username 'lee'."]);
    expect(await grant({ username: 'kim', origin: 'saml' })).toEqual([
      422,
      "No user exists with the username 'kim' and origin 'saml'.",
    ]);
    await admin.post('/uaa/Users', { ...account, userName: 'kim', origin: 'saml' });
    expect(await grant({ username: 'kim' })).toEqual([
      422,
      "Ambiguous user. User with username 'kim' exists in the following origins: uaa, saml. " +
        'Specify an origin to disambiguate.',
    ]);
  });

  test('renaming an account also renames the user', async () => {
    const { admin } = foundation;
    const guid = String((await admin.post('/uaa/Users', { ...account, userName: 'miss' })).body['id']);
    await admin.create('/v3/users', { guid });
    expect((await admin.send('PUT', `/uaa/Users/${guid}`, { ...account, userName: 'mrs' })).status).toBe(200);
    expect((await admin.get(`/v3/users/${guid}`)).body).toMatchObject({ username: 'mrs', origin: 'uaa' });
  });

  test('users change their password only if they know the old one', async () => {
    const { admin } = foundation;
    const guid = String((await admin.post('/uaa/Users', { ...account, userName: 'own' })).body['id']);
    await admin.create('/v3/users', { guid });
    const own = await foundation.login('own', 'secret');
    const change = (oldPassword: string) =>
      own.send('PUT', `/uaa/Users/${guid}/password`, { oldPassword, password: 'another' });
    const refused = await change('guessed');
    expect([refused.status, refused.body]).toEqual([
      401,
      { error: 'unauthorized', error_description: 'Old password is incorrect' },
    ]);
    expect((await change('secret')).status).toBe(200);
    const again = await foundation.login('own', 'another');
    expect((await again.get('/v3/organizations')).status).toBe(200);
  });
});

describe('passwords', () => {
  test('a generated password is a valid argument of a command without quoting, never an option', () => {
    const passwords = Array.from({ length: 2_000 }, generatePassword);
    expect(passwords.filter((password) => !/^[0-9a-f]{48}$/.test(password))).toEqual([]);
  });

  test('a hash verifies its password and no other', async () => {
    const hash = await hashPassword('right');
    await expect(verifyPassword('right', hash)).resolves.toBe(true);
    await expect(verifyPassword('wrong', hash)).resolves.toBe(false);
  });
});
