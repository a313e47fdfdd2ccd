import { changed, proxy, type Values, stoppedBetween, reviewedBetween } from '../attacks/attempts';
import { application, CLIENT, policy, recipe, LOCAL, PUBLIC, bound, route, space } from '../support/facts';
import { plan, sentences, planFile } from '../support/plan';
import { difference } from '../../../review/difference/difference';
import { explain } from '../../../review/explain';
import { allowlistOf } from '../../../review/model/allowlist-facts';
import type { Facts, Variable } from '../../../review/model/facts';
import { Model } from '../../../review/model/model';
import { Names } from '../../../review/model/names';
import { plain } from '../../../review/phrase';
import { clauseOf, Labels, rowsOf } from '../../../review/report/report';
import { reviewPlans } from '../../../review/review';
import { findingsOf } from '../../../review/rules';

afterEach(() => jest.restoreAllMocks());

/** Two proxies with a list each, and clients that can use both. */
function shared(clients: number): Facts {
  const names = Array.from({ length: clients }, (_, index) => `client-${index}`);
  const proxies = ['one', 'two'];
  return recipe('', {
    applications: [
      ...proxies.map((name) => application(`outside/${name}`, { EGRESS_ALLOW: `${name}.example.gov:443` })),
      ...names.map((name) => application(`inside/${name}`, CLIENT)),
    ],
    policies: names.flatMap((name) => proxies.map((proxy) => policy(`inside/${name}`, `outside/${proxy}`))),
  });
}

test('what a proxy opens or closes is computed once for all clients that can reach the same', () => {
  const worked = (clients: number): number[] => {
    const spies = (['parts', 'covers', 'union', 'minus'] as const).map((name) => jest.spyOn(Names.prototype, name));
    const [all, none] = [new Model(shared(clients)), new Model({ ...shared(clients), policies: [] })];
    const both = [difference(none, all), difference(all, none)];
    const told = both.map((changes) => changes.filter(({ way }) => way === 'proxy').map(({ who }) => who.length));
    expect(told).toEqual([
      [clients, clients],
      [clients, clients],
    ]);
    const calls = spies.map((spy) => spy.mock.calls.length);
    jest.restoreAllMocks();
    return calls;
  };
  const few = worked(2);
  expect(few[0]).toBeGreaterThan(0);
  expect(worked(40)).toEqual(few);
});

const HASH = `$2a$05$${'a'.repeat(53)}`;
const OTHER = `$2a$05$${'b'.repeat(53)}`;
const WEB = `web.1 ${HASH}`;
const asks = (...credentials: readonly string[]): Values => ({
  EGRESS_ALLOW: 'www.example.com:443',
  EGRESS_CREDENTIALS: credentials.join('\n'),
});

/** The review of a plan that changes a proxy's environment. */
function said(before: Values, after: Values, marks: { readonly unknown?: object; readonly sensitive?: object } = {}) {
  const change = {
    ...changed('cloudfoundry_app.proxy', proxy('', { environment: before }), { environment: after }),
    ...marks,
  };
  return sentences(reviewPlans([planFile(plan([change]))]));
}

describe('whose passwords a proxy takes', () => {
  it('is reported when a client is added or removed', () => {
    const [one, two] = [asks(WEB), asks(WEB, `batch.1 ${OTHER}`)];
    expect(said(one, two)).toEqual(['anyone with the password of batch can now use proxy']);
    expect(said(two, one)).toEqual(['anyone with the password of batch can no longer use proxy']);
    expect(said(asks('# nobody'), one)).toEqual(['anyone with the password of web can now use proxy']);
  });

  it('continues in further variables', () => {
    const further = { ...asks(WEB), EGRESS_CREDENTIALS_1: `batch.1 ${OTHER}` };
    expect(said(asks(WEB), further)).toEqual(['anyone with the password of batch can now use proxy']);
  });

  it('is the same if a client has another password, or two', () => {
    expect(said(asks(WEB), asks(WEB, `web.2 ${OTHER}`))).toEqual([]);
    expect(said(asks(WEB), asks(`web.2 ${OTHER}`))).toEqual([]);
  });

  it('opens nothing if everyone could use the proxy before', () => {
    expect(said({ ...asks(), EGRESS_CREDENTIALS: '' }, asks(WEB))).toEqual([]);
  });

  it('lets a proxy start again after an invalid line, which opens its whole list', () => {
    for (const wrong of ['broken', 'web.1 broken', `-web.1 ${HASH}`]) {
      expect([wrong, said(asks(WEB, wrong), asks(WEB)).join()]).toEqual([
        wrong,
        expect.stringContaining('no longer so'),
      ]);
    }
  });

  it('may be nobody’s anymore, if it was unknown whether there were any', () => {
    const rows = (before: string, after: string) => {
      const program = (credentials: string): object => ({
        resource: {
          cloudfoundry_app: { proxy: proxy('', { environment: { ...asks(), EGRESS_CREDENTIALS: credentials } }) },
        },
      });
      return stoppedBetween(program(before), program(after));
    };
    expect(rows('${join("", [uuid()])}', '')).toBe(true);
    expect(rows('${join("", [uuid()])}', '${join("", [timestamp()])}')).toBe(true);
    expect(rows('', '${join("", [uuid()])}')).toBe(false);
  });

  const unknown = (why: string): string =>
    `anyone with the password of an unknown client may now use proxy (the list of credentials ${why})`;

  it("is unknown if it is hidden, or has a line with which the proxy doesn't start", () => {
    const sensitive = { environment: { EGRESS_CREDENTIALS: true } };
    expect(said(asks(WEB), asks(WEB, `batch.1 ${OTHER}`), { sensitive })).toEqual([
      unknown("can't be read: EGRESS_CREDENTIALS (it is marked sensitive)"),
    ]);
    const [wrong = ''] = said(asks(WEB), asks(WEB, `batch ${OTHER}`));
    expect(wrong).toMatch(/has a line that can't be read \(.*\)/);
    expect(wrong).not.toContain(OTHER);
  });

  it('is unknown if the hash of another client is known only after apply', () => {
    const hash = (name: string): string => `${name}.1 \${terraform_data.${name}.output.hash}`;
    const program = (...clients: readonly string[]): object => {
      const terraform_data = Object.fromEntries(clients.map((name) => [name, { input: { hash: `of ${name}` } }]));
      const lifecycle = { ignore_changes: ['input'] };
      return {
        resource: {
          cloudfoundry_app: { proxy: proxy('', { environment: asks(...clients.map(hash)) }) },
          terraform_data: Object.fromEntries(
            Object.entries(terraform_data).map(([name, body]) => [name, { ...body, lifecycle }]),
          ),
        },
      };
    };
    expect(sentences(reviewedBetween(program('web'), program('web', 'batch')))).toContainEqual(
      expect.stringMatching(/^anyone with the password of an unknown client may now use proxy/),
    );
    expect(stoppedBetween(program('web'), program('web'))).toBe(false);
  });
});

/** A destination whose host comes from a service: known after apply, and never more than its line allows. */

const LINE = '$EGRESS_HOST_FILES_BUCKET:443@10.98.0.0/24';
const BUCKET = 'b.s3.us-gov-west-1.amazonaws.com';
const LATER: Variable = {
  token: 'demo proxy environment after apply',
  because: 'EGRESS_HOST_FILES_BUCKET (known after apply)',
};

function model(line: string, host?: Variable, today?: string): Model {
  const environment = new Map<string, Variable>(Object.entries({ EGRESS_ALLOW: line }));
  if (host !== undefined) environment.set('EGRESS_HOST_FILES_BUCKET', host);
  const proxy = application('outside/proxy', {}, { environment, allowlist: allowlistOf(environment) });
  const groups = [PUBLIC, LOCAL];
  return new Model(recipe('', { groups, applications: [proxy, application('inside/web', CLIENT)] }), today);
}

const changesOf = (before: Model, after: Model): string[] =>
  difference(before, after).map(({ verdict, what }) => `${verdict}: ${plain(what)}`);
const reaches = (of: Model, address: number): string =>
  of.reaches('org/inside/web', 'org/outside/proxy', BUCKET, 443, address);
const INSIDE = 0x0a620014;
const ELSEWHERE = 0x0a630014;

test('before the host is known, it is an unknown host limited to its range and ports', () => {
  const after = model(LINE, LATER);
  expect(changesOf(model(''), after)).toEqual([
    `unknown: EGRESS_HOST_FILES_BUCKET (known after apply): any name within 10.98.0.0/24 on port 443, as ${LINE} says`,
  ]);
  expect([INSIDE, ELSEWHERE].map((address) => reaches(after, address))).toEqual(['unknown', 'no']);
});

test('an end in the past closes it, before the host is known', () => {
  const on = (today: string) => model(`${LINE} until 2026-12-31`, LATER, today);
  expect(['2026-12-31', '2027-01-01'].map((today) => reaches(on(today), INSIDE))).toEqual(['unknown', 'no']);
  expect(changesOf(model(''), on('2027-01-01'))).toEqual([]);
});

test('an approval covers only that service, field, range and end', () => {
  const digests = [
    LINE,
    LINE.replace('BUCKET', 'FIPS_BUCKET'),
    LINE.replace('/24', '/16'),
    `${LINE} until 2026-12-31`,
  ].map((line) => {
    const environment = new Map<string, Variable>([
      ['EGRESS_ALLOW', line],
      [line.slice(1, line.indexOf(':')), LATER],
    ]);
    return allowlistOf(environment)?.lines.map(({ late }) => late?.token);
  });
  expect(new Set(digests.map(String)).size).toBe(4);
});

test('once known, it is only that host', () => {
  const known = model(LINE, BUCKET);
  expect(changesOf(model(''), known)).toEqual([]);
  expect(known.proxies.linesFor('org/outside/proxy').map(({ destination }) => String(destination))).toEqual([
    `${BUCKET}:443@10.98.0.0/24`,
  ]);
});

test.each<[string, string, Variable | undefined]>([
  ['no variable', LINE, undefined],
  ['an empty variable', LINE, ''],
  ['a domain', LINE, '.amazonaws.com'],
  ['two lines', LINE, 'a.example.gov:443\nb.example.gov'],
  ['exceptions', LINE, '.a.example.gov!b.a.example.gov'],
  ['no range', LINE.replace(/@.*/, ''), BUCKET],
  ['another variable', LINE.replace('EGRESS_HOST_FILES_BUCKET', 'PATH'), BUCKET],
])("with %s it is a line that the proxy can't read either", (_, line, host) => {
  const [read] = model(line, host).proxies.linesFor('org/outside/proxy');
  expect(read).toEqual({
    text: expect.any(String) as string,
    error: expect.stringContaining('a line of the list') as string,
  });
});

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
