import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { Entry } from '../../../cli/log/line';
import { suggest, type Suggestion, FORMS, printSuggestion } from '../../../cli/log/suggestion';
import { Destination } from '../../../constructs/values/destination';
import { trafficOf } from '../../support/proxy-log';

const AUDITED = { host: 'www.example.net', verdict: 'audited', rule: 'not-listed' } as const;

const suggestFor = (...entries: Partial<Entry>[]): Suggestion =>
  suggest(trafficOf(...entries.map((entry) => ({ ...AUDITED, ...entry }))).rows());

const printed = (list: readonly Destination[] = []): string[] => list.map(String);
const hosts = ['a.cdn.example.net', 'b.cdn.example.net', 'd.e.cdn.example.net', 'x.github.io', 'y.github.io'];
const seen = fc.record({
  client: fc.constantFrom('web', 'batch'),
  named: fc.constant(true),
  host: fc.constantFrom(...hosts),
  port: fc.constantFrom(80, 443, 8443),
  verdict: fc.constantFrom('allowed', 'audited', 'refused', 'failed'),
  rule: fc.constantFrom('not-listed', 'no-tls'),
} satisfies Partial<Record<keyof Entry, unknown>>);

test('the list allows each client exactly what audit mode let through, with as few destinations as possible', () => {
  fc.assert(
    fc.property(fc.array(seen), (all) => {
      const { all: forAll, clients } = suggestFor(...all);
      expect(forAll).toEqual([]);
      const asked = all
        .filter(({ verdict }) => verdict === 'audited')
        .map(({ client, host, port, rule }) => `${client} ${host}:${port}${rule === 'no-tls' ? '/tcp' : ''}`);
      const allowed = [...clients].flatMap(([client, list]) =>
        list.flatMap(({ name, ports, nameCheck }) =>
          ports.map((port) => `${client} ${name}:${port}${nameCheck ? '' : '/tcp'}`),
        ),
      );
      // A host with /tcp also allows tunnels whose name is checked.
      expect(new Set(allowed)).toEqual(new Set(asked.filter((one) => !asked.includes(`${one}/tcp`))));
      for (const list of clients.values()) {
        for (const one of list) expect(list.filter((other) => other.covers(one))).toEqual([one]);
        expect(new Set(list.map(({ name, nameCheck }) => `${name} ${nameCheck}`)).size).toBe(list.length);
      }
    }),
  );
});

test('a wildcard is the nearest domain of three hosts, and names everything else that it opens', () => {
  const { wildcards } = suggestFor(
    { host: 'a.cdn.example.net' },
    { host: 'a.cdn.example.net', port: 8443 },
    { host: 'b.cdn.example.net' },
    { host: 'd.e.cdn.example.net' },
    { host: 'raw.cdn.example.net', rule: 'excepted', verdict: 'refused' },
    ...['x', 'y', 'z'].map((name) => ({ host: `${name}.github.io` })),
  );
  expect(wildcards).toHaveLength(1);
  const [{ client, destination, replaces, opens }] = wildcards as [Suggestion['wildcards'][0]];
  expect([client, String(destination)]).toEqual(['web', '.cdn.example.net!raw.cdn.example.net:443,8443']);
  expect(replaces.every((one) => destination.covers(one))).toBe(true);
  expect(opens).toEqual([
    'cdn.example.net itself, and every other name below cdn.example.net but raw.cdn.example.net, on 443, 8443',
    'b.cdn.example.net on 8443, which nobody asked it for',
    'd.e.cdn.example.net on 8443, which nobody asked it for',
  ]);
});

test("if the log doesn't distinguish clients, the list is for all, and covers what any client requested", () => {
  const address = { client: '10.255.0.16', named: false };
  const { all, clients } = suggestFor(address, { ...address, client: '10.255.0.17' }, {}, { host: 'api.example.gov' });
  expect([printed(all), [...clients].map(([name, list]) => [name, printed(list)])]).toEqual([
    ['www.example.net:443'],
    [['web', ['api.example.gov:443']]],
  ]);
});

test.each<[Partial<Entry>, string]>([
  [{ rule: 'excepted' }, 'excepts this host on purpose'],
  [{ rule: 'ended' }, 'its entry has expired'],
  [{ rule: 'address' }, 'resolves to a private address'],
  [{ rule: 'tls-name', tls: 'front.example.org' }, 'must request that host itself'],
  [{ host: '203.0.113.10' }, 'is an address'],
  [{ host: "x');evil('" }, 'letters, digits and hyphens'],
  [{ client: '${evil}' }, 'no client can have this name'],
])('a host that no list should allow is left for a person to decide: %j', (entry, because) => {
  const { all, clients, left } = suggestFor(entry);
  expect([all, clients.size, left.length]).toEqual([[], 0, 1]);
  expect(left[0]?.because).toContain(because);
});

test('a tunnel whose TLS has no server name is allowed without the name check', () => {
  expect(printed(suggestFor({ rule: 'tls-name' }).clients.get('web'))).toEqual(['www.example.net:443/tcp']);
});

test('the list is printed as TypeScript, HCL and JSON', () => {
  const suggestion = suggestFor(
    { host: 'api.example.gov', port: 8443 },
    { client: 'report-writer', host: 'git.example.org', port: 22, rule: 'no-tls' },
    ...['a', 'b', 'c'].map((name) => ({ host: `${name}.example.net` })),
    { rule: 'excepted', host: 'raw.example.net' },
  );
  expect(printSuggestion(suggestion, 'typescript').split('\n')).toEqual([
    'reportWriter.useProxy(proxy, {',
    "  allow: [Destination.host('git.example.org', 22).withoutNameCheck()],",
    '});',
    'web.useProxy(proxy, {',
    '  allow: [',
    "    Destination.host('a.example.net', 443),",
    "    Destination.host('api.example.gov', 8443),",
    "    Destination.host('b.example.net', 443),",
    "    Destination.host('c.example.net', 443),",
    '  ],',
    '});',
    '',
    '// Shorter but wider, for domains with 3 hosts or more:',
    "//   Destination.domain('example.net', 443).except('raw.example.net') instead of 3 hosts of web would also open",
    '//     example.net itself, and every other name below example.net but raw.example.net, on 443',
    '',
    '// Not in the list:',
    '//   web to raw.example.net:443, excepted: a domain of the list excepts this host on purpose',
  ]);
  expect(printSuggestion(suggestion, 'hcl').split('\n').slice(0, 16)).toEqual([
    'client_configuration = {',
    '  "report-writer" = {',
    '    allowlist = [',
    '      "git.example.org:22/tcp",',
    '    ]',
    '  }',
    '  "web" = {',
    '    allowlist = [',
    '      "a.example.net:443",',
    '      "api.example.gov:8443",',
    '      "b.example.net:443",',
    '      "c.example.net:443",',
    '    ]',
    '  }',
    '}',
    '',
  ]);
  expect(printSuggestion(suggestion, 'hcl')).toContain(
    '"*.example.net:443" and denylist = ["raw.example.net"] instead',
  );
  expect(JSON.parse(printSuggestion(suggestion, 'json'))).toMatchObject({
    version: 1,
    clients: { 'report-writer': ['git.example.org:22/tcp'] },
    wildcards: [{ client: 'web', destination: '.example.net!raw.example.net:443' }],
    left: [{ host: 'raw.example.net', rule: 'excepted' }],
  });
});

test.each(FORMS.slice(0, 2))(
  'a log in which audit mode let nothing through gives no list, and says so (%s)',
  (form) => {
    expect(printSuggestion(suggestFor({ verdict: 'allowed' }), form)).toMatch(
      /^(\/\/|#) audit mode has let nothing through/,
    );
  },
);

test('the proxy reads each line of the JSON', () => {
  const { clients } = suggestFor({}, { port: 22, rule: 'no-tls' });
  for (const line of printed(clients.get('web'))) expect(String(Destination.parse(line))).toBe(line);
});

test('the module accepts each entry of the HCL', () => {
  const variables = readFileSync(join(__dirname, '../../../modules/egress-proxy/variables.tf'), 'utf8');
  const [, pattern = ''] = /allowlist_entry = (".*")/.exec(variables) ?? [];
  const taken = new RegExp(JSON.parse(pattern) as string);
  const entries = ['a', 'b', 'c'].map((name) => ({ host: `${name}.example.net` }));
  const hcl = printSuggestion(suggestFor({ port: 22, rule: 'no-tls' }, { port: 8443 }, ...entries), 'hcl');
  const listed = [...hcl.matchAll(/"([^"]*:[^"]*)"/g)].map(([, entry = '']) => entry);
  expect(listed).toEqual(expect.arrayContaining(['www.example.net:22/tcp', '*.example.net:443,8443']));
  expect(listed.filter((entry) => !taken.test(entry))).toEqual([]);
});
