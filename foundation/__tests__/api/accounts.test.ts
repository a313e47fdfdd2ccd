/** An admin creates accounts in UAA, adds them to the Cloud Controller, and gives them more scopes. */
import { foundationForAll, refusal, toOne, type Json } from '../../testing/harness';

const foundation = foundationForAll();

const account = { userName: 'auditor', password: 'secret', emails: [{ value: 'auditor@example.gov' }], origin: 'uaa' };

test('a new account can log in and sees nothing, but everything as a read-only admin', async () => {
  const { admin } = foundation;
  const made = await admin.post('/uaa/Users', account);
  expect(made.status).toBe(201);
  const guid = String(made.body['id']);
  expect((await admin.get('/uaa/Users?filter=userName+eq+"auditor"')).body['resources']).toMatchObject([{ id: guid }]);
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
