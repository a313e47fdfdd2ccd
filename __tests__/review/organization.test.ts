/** What a run stores for the next one: everything that determines reach, and no secret. */
import { compare, readBaseline, recordOf } from '../../review/organization/audit';
import type { Resource, Value } from '../../review/readers/values';

const resource = (type: string, id: string, values: Record<string, Value>): Resource => {
  return { stack: 'live', address: `${type}.${id}`, managed: true, type, values: { id, ...values } };
};

interface Change {
  readonly environment?: Record<string, Value>;
  readonly rules?: readonly Value[];
}

function organization({ environment = {}, rules = [] }: Change): Resource[] {
  return [
    resource('cloudfoundry_org', 'o', { name: 'org' }),
    ...['closed', 'open'].map((name) => resource('cloudfoundry_space', name, { name, org: 'o', allow_ssh: false })),
    resource('cloudfoundry_security_group', 'own', {
      name: 'own',
      rules,
      running_spaces: ['closed'],
      staging_spaces: [],
    }),
    resource('cloudfoundry_security_group', 'all', {
      name: 'all',
      rules: [{ protocol: 'all', destination: '0.0.0.0/0' }],
      running_spaces: ['open'],
      staging_spaces: [],
    }),
    ...[
      ['web', 'closed', { TOKEN: 'canary' }] as const,
      ['proxy', 'open', { DATABASE_PASSWORD: 'canary', ...environment }] as const,
    ].map(([name, space, variables]) =>
      resource('cloudfoundry_app', name, {
        name,
        org_name: 'org',
        space_name: space,
        docker_image: 'an image',
        environment: variables,
        enable_ssh: false,
      }),
    ),
    resource('cloudfoundry_network_policy', 'p', {
      policies: [{ source_app: 'web', destination_app: 'proxy', protocol: 'tcp', port: '8080' }],
    }),
  ];
}

const run = (change: Change) => ({ organization: 'org', at: '2026-12-31', record: recordOf(organization(change)) });

/** As it is read from the file. */
const kept = (change: Change) => JSON.parse(JSON.stringify(run(change))) as ReturnType<typeof run>;

function changes(before: Change, after: Change): Record<'opens' | 'closes' | 'unknown', string[]> {
  const { opens, closes, unknown } = compare(kept(before), run(after), '2026-12-31');
  const said = (rows: typeof opens) => rows.map(({ says }) => says);
  return { opens: said(opens), closes: said(closes), unknown: said(unknown) };
}

const rule = (destination: string) => ({ protocol: 'tcp', destination, ports: '443' });
const caddy = (host: string, password: string): Change => ({
  environment: {
    CONFIG_CONTENT: `:8080 {\n forward_proxy {\n basic_auth me ${password}\n acl {\n allow ${host}\n deny all\n }\n }\n}`,
  },
});
const NOTHING = { opens: [], closes: [], unknown: [] };

test('narrowing a group, or rewriting it with the same meaning, opens nothing', () => {
  const wide: Change = { rules: [rule('10.0.0.0/8')] };
  expect(changes(wide, { rules: [rule('10.128.0.0/9'), rule('10.0.0.0/9')] })).toEqual(NOTHING);
  expect(changes(wide, { rules: [rule('10.1.0.0/16')] })).toMatchObject({ opens: [], unknown: [] });
  expect(changes({ rules: [rule('10.1.0.0/16')] }, wide).opens).toHaveLength(1);
});

test.each<[string, Record<string, Value>, Record<string, Value>, string]>([
  [
    'a list',
    { EGRESS_ALLOW: 'a.example.gov:443' },
    { EGRESS_ALLOW: 'a.example.gov:443\nb.example.gov:443' },
    'b.example.gov:443',
  ],
  [
    'a list of one client',
    { EGRESS_ALLOW: '', EGRESS_CLIENTS: 'web a.example.gov:443' },
    { EGRESS_ALLOW: '', EGRESS_CLIENTS: 'web a.example.gov:443\nweb b.example.gov:443' },
    'b.example.gov:443',
  ],
  [
    "GSA-TTS's list",
    { PROXY_ALLOW: 'a.example.gov' },
    { PROXY_ALLOW: 'a.example.gov b.example.gov' },
    'b.example.gov:443',
  ],
])('extending %s opens only what was added', (_, before, after, says) => {
  expect(changes({ environment: before }, { environment: before })).toEqual(NOTHING);
  const { opens } = changes({ environment: before }, { environment: after });
  expect(opens.join()).toContain(says);
});

test("credentials that a proxy no longer requires are unknown, and changed ones aren't a change", () => {
  const asking = (text: string): Change => ({
    environment: { EGRESS_ALLOW: 'a.example.gov:443', EGRESS_CREDENTIALS: text },
  });
  const [one = '', two = ''] = ['a', 'b'].map((letter) => `me.1 $2a$05$${letter.repeat(53)}`);
  expect(changes(asking(one), asking(two))).toEqual(NOTHING);
  expect(changes(asking(one), asking('')).unknown).toHaveLength(1);
});

test("a Caddyfile that allows something else is unknown, and one with another password isn't a change", () => {
  expect(changes(caddy('a.example.gov', 'canary'), caddy('a.example.gov', 'other'))).toEqual(NOTHING);
  const { opens, unknown } = changes(caddy('a.example.gov', 'canary'), caddy('b.example.gov', 'canary'));
  expect(opens).toEqual([]);
  expect(unknown.length).toBeGreaterThan(0);
});

test.each<[string, Change]>([
  ['a variable beside a list', { environment: { EGRESS_ALLOW: 'a.example.gov:443', KEY: 'canary' } }],
  ['credentials', { environment: { EGRESS_ALLOW: '', EGRESS_CREDENTIALS: 'me:canary' } }],
  ['a line of a list that is none', { environment: { EGRESS_ALLOW: 'canary\n# canary' } }],
  ['a part of a list that is none', { environment: { PROXY_ALLOW: 'a.example.gov http://me:canary@b' } }],
  ['a Caddyfile', caddy('a.example.gov', 'canary')],
  ['what holds a host', { environment: { EGRESS_ALLOW: '', EGRESS_HOST_A: 'https://me:canary@b/' } }],
  ['where to forward', { environment: { EGRESS_FORWARD: 'canary', EGRESS_FORWARD_PORT: 'me:canary' } }],
])("a record doesn't contain a secret in %s", (_, change) => {
  expect(JSON.stringify(run(change))).not.toContain('canary');
});

test.each([
  ['a time that is none', { at: 'yesterday' }],
  ['resources that are none', { record: [null] }],
  ['resources without values', { record: [{ type: 'cloudfoundry_app', address: 'live.a' }] }],
])('a baseline with %s is refused, with what to do', (_, change) => {
  const document = { version: 1, kind: 'organization', ...kept({}), at: '2026-12-31T10:00:00.000Z' };
  expect(readBaseline(document, 'org').record).toEqual(document.record);
  expect(() => readBaseline({ ...document, ...change }, 'org')).toThrow('give the JSON as audit wrote it');
});
