import { explain } from '../../review/explain';
import { difference } from '../../review/difference/difference';
import type { Facts } from '../../review/model/facts';
import { Model } from '../../review/model/model';
import { plain } from '../../review/phrase';
import { clauseOf, Labels, rowsOf } from '../../review/report/report';
import { findingsOf } from '../../review/rules';
import { application, bound, LOCAL, policy, PUBLIC, route, space } from './support/facts';

const MAIL = { EGRESS_FORWARD: 'smtp.example.org:587/tcp', EGRESS_FORWARD_PORT: '10587' };

/** A client in a closed space and a forwarder in a public one, with the policy between them. */
function facts(environment: Readonly<Record<string, string>> = MAIL, change: Partial<Facts> = {}): Facts {
  return {
    spaces: [space('outside'), space('inside')],
    groups: [PUBLIC, LOCAL],
    bindings: [bound('public', 'outside')],
    applications: [application('outside/mail', environment), application('inside/web')],
    policies: [policy('inside/web', 'outside/mail', '10587')],
    routes: [route('mail.apps.internal', 'outside/mail', 'yes')],
    ...change,
  };
}

/** The rows of a change, as sentences with their verdicts. */
function rows(before: Facts, after: Facts): string[] {
  const [old, now] = [new Model(before), new Model(after)];
  return rowsOf(difference(old, now), old, now, new Labels(old, now)).map((row) => {
    const note = row.note === undefined ? '' : ` (${plain(row.note)})`;
    return `${row.verdict} ${row.way}: ${plain(clauseOf(row, row.verdict === 'unknown' ? 'may' : 'can'))}${note}`;
  });
}

const WITHOUT = facts(MAIL, { policies: [] });

test('a client’s new policy opens the one host and port', () => {
  expect(rows(WITHOUT, facts())).toEqual([
    'opens forward: web can reach smtp.example.org:587 over TCP by mail',
    'opens policy: web can connect to mail on tcp 10587',
  ]);
  expect(rows(facts(), WITHOUT)).toEqual(rows(WITHOUT, facts()).map((row) => row.replace('opens', 'closes')));
});

test('another destination closes the old one and opens the new one', () => {
  expect(rows(facts(), facts({ ...MAIL, EGRESS_FORWARD: 'smtp.example.net:587/tcp' }))).toEqual([
    'opens forward: web can reach smtp.example.net:587 over TCP by mail',
    'closes forward: web can reach smtp.example.org:587 over TCP by mail',
  ]);
  expect(rows(facts(), facts({ ...MAIL, EGRESS_FORWARD: 'smtp.example.org:25/tcp' }))).toEqual([
    'opens forward: web can reach smtp.example.org:25 over TCP by mail',
    'closes forward: web can reach smtp.example.org:587 over TCP by mail',
  ]);
});

test('the same applies to anyone who can connect, if no client is in the code', () => {
  const others = (name: string): Facts => facts({ ...MAIL, EGRESS_FORWARD: `${name}:587/tcp` }, { policies: [] });
  expect(rows(others('a.example.org'), others('b.example.org'))).toEqual([
    'opens forward: any client can reach b.example.org:587 over TCP by mail',
    'closes forward: any client can reach a.example.org:587 over TCP by mail',
  ]);
});

test('a policy for another port leads nowhere', () => {
  expect(rows(WITHOUT, facts(MAIL, { policies: [policy('inside/web', 'outside/mail', '3128')] }))).toEqual([
    'opens policy: web can connect to mail on tcp 3128',
  ]);
});

test('replacing it with another program is unknown', () => {
  const run = (image: string): Facts =>
    facts(MAIL, {
      applications: [
        application('outside/mail', MAIL, { program: { image, parts: new Map() } }),
        application('inside/web'),
      ],
    });
  expect(rows(run('proxy@sha256:1'), run('proxy@sha256:2'))).toEqual([
    'unknown program: web may get something else from mail, which runs the image proxy@sha256:2',
  ]);
});

test('a proxy that becomes a forwarder is another program, and its list closes', () => {
  const proxy = facts({ EGRESS_ALLOW: 'www.example.org:443' }, { policies: [policy('inside/web', 'outside/mail')] });
  const became = facts(MAIL, {
    applications: [
      application('outside/mail', MAIL, { program: { image: 'proxy', parts: new Map() } }),
      application('inside/web'),
    ],
  });
  expect(rows(proxy, became)).toEqual(
    expect.arrayContaining([
      'closes proxy: web can reach www.example.org:443 through mail',
      'opens forward: web can reach smtp.example.org:587 over TCP by mail',
      expect.stringMatching(/^unknown program: /) as string,
    ]),
  );
});

test.each([
  ['a domain', { ...MAIL, EGRESS_FORWARD: '.example.org:587/tcp' }],
  ['two ports', { ...MAIL, EGRESS_FORWARD: 'smtp.example.org:25,587/tcp' }],
  ['no /tcp', { ...MAIL, EGRESS_FORWARD: 'smtp.example.org:587' }],
  ['nothing', { ...MAIL, EGRESS_FORWARD: '' }],
  ['a list beside it', { ...MAIL, EGRESS_ALLOW: 'www.example.org:443' }],
])("a forwarder that doesn't start is unknown: %s", (_, environment) => {
  const { unknown } = new Model(facts(environment)).proxies.through('org/outside/mail');
  expect(unknown).toHaveLength(1);
});

test('a destination in a range leads there and nowhere else', () => {
  const within = facts({ ...MAIL, EGRESS_FORWARD: 'smtp.example.org:587/tcp@10.20.0.0/24' });
  const model = new Model({ ...within, bindings: [] });
  expect(model.proxies.through('org/outside/mail').names.isEmpty).toBe(true);
  expect(findingsOf(model).map(({ rule }) => rule)).toEqual(
    expect.arrayContaining(['proxy-without-internet', 'destination-private-range']),
  );
});

test('the checks pass for a correct forwarder', () => {
  expect(findingsOf(new Model(facts())).map(({ rule }) => rule)).toEqual([]);
});

test("a policy for a port on which it doesn't listen is found", () => {
  const model = new Model(facts(MAIL, { policies: [policy('inside/web', 'outside/mail', '587')] }));
  expect(findingsOf(model).map(({ message }) => plain(message))).toEqual([
    'web may connect to the forwarder mail, but not on a port where it listens (10587)',
  ]);
});

describe('explain', () => {
  const ask = (target: string, told = facts()) => explain(new Model(told), 'web', target);

  test('says how the host is reached', () => {
    expect(ask('smtp.example.org:587')).toEqual({
      answer: 'yes',
      reasons: [
        "through mail (demo/mail): it leads only to 'smtp.example.org:587/tcp', and the egress of its space allows it",
      ],
    });
  });

  test.each(['www.example.org:443', 'smtp.example.org:25', 'smtp.example.net:587'])(
    'says that %s is not reached',
    (target) => {
      expect(ask(target).answer).toBe('no');
      expect(ask(target).reasons).toContain(
        "not through mail (demo/mail): it leads only to 'smtp.example.org:587/tcp'",
      );
    },
  );

  test('says that nothing leads there without a policy', () => {
    expect(ask('smtp.example.org:587', WITHOUT).answer).toBe('no');
  });
});
