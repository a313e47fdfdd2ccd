import fc from 'fast-check';
import { explain } from '../../../review/explain';
import { difference } from '../../../review/difference/difference';
import type { Facts } from '../../../review/model/facts';
import { plain } from '../../../review/phrase';
import { Model } from '../../../review/model/model';
import { drawn } from '../../support/laws';
import { application, bound, group, LOCAL, policy, PUBLIC, recipe, route, space } from '../support/facts';

const WEB = 'org/inside/web';
const PROXY = 'org/outside/proxy';
const address = (text: string): number => text.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);

const changes = (before: Facts, after: Facts): string[] =>
  difference(new Model(before), new Model(after)).map(
    ({ verdict, way, who, what, via, note }) =>
      `${verdict} ${way} ${who.join()}${via === undefined ? '' : ` > ${via}`}: ${plain(what)}${note === undefined ? '' : ` (${plain(note)})`}`,
  );

describe('the model', () => {
  const model = new Model(recipe('www.example.com:443\n.example.org:80,443\nbucket.example.net:443@10.98.0.0/24'));

  it('allows an application what all groups of its space together allow', () => {
    expect(model.direct(WEB, 'tcp', address('10.97.0.9'), 443)).toBe('yes');
    expect(model.direct(WEB, 'tcp', address('10.97.0.9'), 80)).toBe('no');
    expect(model.direct(WEB, 'tcp', address('203.0.113.10'), 443)).toBe('no');
    const both = new Model(recipe('', { bindings: [bound('public', 'inside'), bound('local', 'inside')] }));
    expect(both.direct(WEB, 'tcp', address('203.0.113.10'), 443)).toBe('yes');
    expect(both.direct(WEB, 'tcp', address('10.97.0.9'), 443)).toBe('yes');
  });

  it('connects applications only in the direction and on the ports of a policy', () => {
    expect(model.connects(WEB, PROXY, 'tcp', 3128)).toBe('yes');
    expect(model.connects(WEB, PROXY, 'tcp', 3129)).toBe('no');
    expect(model.connects(WEB, PROXY, 'udp', 3128)).toBe('no');
    expect(model.connects(PROXY, WEB, 'tcp', 3128)).toBe('no');
  });

  it('leads to a proxy on every port where it listens, including the platform’s TLS port', () => {
    const over = (port: string) =>
      new Model(recipe(undefined, { policies: [policy('inside/web', 'outside/proxy', port)] }));
    const reached = (port: string) => over(port).reaches(WEB, PROXY, 'www.example.com', 443, address('203.0.113.10'));
    expect(['3128', '8080', '61443', '61001-61443', '443'].map(reached)).toEqual(['yes', 'yes', 'yes', 'yes', 'no']);
  });

  it('reaches through a proxy what the list names, on its ports, but no private address', () => {
    const internet = address('203.0.113.10');
    expect(model.reaches(WEB, PROXY, 'www.example.com', 443, internet)).toBe('yes');
    expect(model.reaches(WEB, PROXY, 'www.example.com', 80, internet)).toBe('no');
    expect(model.reaches(WEB, PROXY, 'www.example.org', 80, internet)).toBe('yes');
    expect(model.reaches(WEB, PROXY, 'example.org', 80, internet)).toBe('yes');
    expect(model.reaches(WEB, PROXY, 'notexample.org', 80, internet)).toBe('no');
    expect(model.reaches(WEB, PROXY, 'www.example.com', 443, address('10.99.0.10'))).toBe('no');
    expect(model.reaches(WEB, PROXY, 'www.example.com', 443, address('169.254.169.254'))).toBe('no');
  });

  it('never gives a client with its own list another client’s, and gives everyone a list whose client is unknown', () => {
    const lists = 'web api.example.gov:443\nbatch data.example.gov:443\nby-hand other.example.gov:443';
    const facts = recipe();
    const told = new Model({
      ...facts,
      applications: [
        application('outside/proxy', { EGRESS_ALLOW: 'www.example.com:443', EGRESS_CLIENTS: lists }),
        application('inside/web'),
        application('inside/batch'),
      ],
      policies: [...facts.policies, policy('inside/batch', 'outside/proxy')],
    });
    const hosts = ['www.example.com', 'api.example.gov', 'data.example.gov', 'other.example.gov'];
    const reached = (client: string) =>
      hosts.filter((host) => told.reaches(client, PROXY, host, 443, address('203.0.113.10')) === 'yes');
    expect(reached(WEB)).toEqual(['www.example.com', 'api.example.gov', 'other.example.gov']);
    expect(reached('org/inside/batch')).toEqual(['www.example.com', 'data.example.gov', 'other.example.gov']);
  });

  it('reads a list up to an empty variable, and ignores what a longer list left behind it', () => {
    const environment = {
      EGRESS_ALLOW: 'www.example.com:443',
      EGRESS_ALLOW_1: '',
      EGRESS_ALLOW_3: 'old.example.com:443',
    };
    const read = (more: Record<string, string>) => application('outside/proxy', { ...environment, ...more }).allowlist;
    const lines = [expect.objectContaining({ text: 'www.example.com:443' })];
    expect(read({ EGRESS_CLIENTS: '', EGRESS_CLIENTS_1: 'web old.example.gov:443' })).toMatchObject({
      lines,
      unknown: [],
    });
    expect(read({ EGRESS_ALLOW_01: '' })?.unknown).toMatchObject([
      { token: expect.stringMatching(/^gap EGRESS_ALLOW_01 /) as string },
    ]);
    expect(read({ EGRESS_ALLOW_1: ' ' })?.unknown).toMatchObject([
      { token: expect.stringMatching(/^gap EGRESS_ALLOW_3 /) as string },
    ]);
  });

  it('attributes a change of one client’s list to that client', () => {
    const listed = (clients: string): Facts => ({
      ...recipe(),
      applications: [
        application('outside/proxy', { EGRESS_ALLOW: '', EGRESS_CLIENTS: clients }),
        application('inside/web'),
        application('inside/batch'),
      ],
      policies: [policy('inside/web', 'outside/proxy'), policy('inside/batch', 'outside/proxy')],
    });
    expect(changes(listed('web a.example.gov:443'), listed('web a.example.gov:443\nbatch b.example.gov:443'))).toEqual([
      'opens proxy org/inside/batch > org/outside/proxy: b.example.gov:443',
    ]);
  });

  it('resolves a name with a range into the range and nowhere else, if the proxy’s own groups allow it', () => {
    const inRange = address('10.98.0.20');
    expect(model.reaches(WEB, PROXY, 'bucket.example.net', 443, inRange)).toBe('no');
    const endpoint = group('endpoint', [{ protocol: 'tcp', destination: '10.98.0.20', ports: '443' }]);
    const opened = new Model(
      recipe('bucket.example.net:443@10.98.0.0/24', {
        groups: [PUBLIC, endpoint],
        bindings: [bound('public', 'outside'), bound('endpoint', 'outside')],
      }),
    );
    expect(opened.reaches(WEB, PROXY, 'bucket.example.net', 443, inRange)).toBe('yes');
    expect(opened.reaches(WEB, PROXY, 'bucket.example.net', 443, address('10.98.0.21'))).toBe('no');
    expect(opened.reaches(WEB, PROXY, 'bucket.example.net', 443, address('203.0.113.10'))).toBe('no');
  });

  it("counts what it doesn't know as neither allowed nor refused", () => {
    const referred = new Model(recipe('www.example.com:443', { spaces: [space('inside')] }));
    expect(referred.direct(PROXY, 'tcp', address('10.1.1.1'), 22)).toBe('unknown');
    const hidden = { token: 'sensitive 1', because: 'it is marked sensitive' };
    const variables = new Map([['EGRESS_ALLOW', hidden]]);
    const secret = new Model(
      recipe('', {
        applications: [
          application('outside/proxy', {}, { environment: variables, allowlist: { lines: [], unknown: [hidden] } }),
          application('inside/web'),
        ],
      }),
    );
    expect(secret.reaches(WEB, PROXY, 'www.example.com', 443, address('203.0.113.10'))).toBe('unknown');
  });
});

describe('the difference of two models', () => {
  it('is nothing between a model and itself', () => {
    expect(changes(recipe(), recipe())).toEqual([]);
  });

  it('says what a new line of the allowlist opens, and for whom', () => {
    expect(changes(recipe(), recipe('www.example.com:443\napi.example.gov:80,443'))).toEqual([
      `opens proxy ${WEB} > ${PROXY}: api.example.gov:80,443`,
    ]);
  });

  it('ignores another spelling of the same reach', () => {
    const once = recipe('.example.org:80,443');
    expect(changes(once, recipe('www.example.org:443\n.example.org:80\n.example.org:443'))).toEqual([]);
    const halves = group('public', [{ protocol: 'all', destination: '0.0.0.0/1,128.0.0.0/1' }]);
    const whole = group('public', [{ protocol: 'all', destination: '0.0.0.0/0' }]);
    expect(changes(recipe('', { groups: [halves, LOCAL] }), recipe('', { groups: [whole, LOCAL] }))).toEqual([]);
  });

  it('says what a domain opens besides the names that were already open', () => {
    expect(changes(recipe('www.example.org:443'), recipe('.example.org:443'))).toEqual([
      `opens proxy ${WEB} > ${PROXY}: .example.org:443 but www.example.org`,
    ]);
  });

  it('closes the list for everyone when the proxy’s space loses the internet', () => {
    expect(changes(recipe(), recipe(undefined, { bindings: [bound('local', 'inside')] }))).toEqual([
      `closes direct ${PROXY}: the internet (every address but 10.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16) over any protocol`,
      `closes proxy ${WEB} > ${PROXY}: www.example.com:443`,
    ]);
  });

  it('opens connection and list to a new client, and public routes to anyone', () => {
    const more = recipe(undefined, {
      applications: [...recipe().applications, application('inside/batch')],
      policies: [...recipe().policies, policy('inside/batch', 'outside/proxy')],
      routes: [...recipe().routes, route('proxy.example.gov', 'outside/proxy', 'no')],
    });
    expect(changes(recipe(), more)).toEqual([
      'opens direct org/inside/batch: 10.97.0.0/24 on tcp 443',
      `opens policy org/inside/batch > ${PROXY}: tcp 3128`,
      `opens proxy org/inside/batch > ${PROXY}: www.example.com:443`,
      `opens route anyone > ${PROXY}: proxy.example.gov`,
    ]);
  });

  it('notes what another proxy reached before', () => {
    const two = (to: string): Facts =>
      recipe(undefined, {
        applications: [
          ...recipe().applications,
          application('outside/second', { EGRESS_ALLOW: 'www.example.com:443' }),
        ],
        policies: [policy('inside/web', to)],
      });
    expect(changes(two('outside/proxy'), two('outside/second')).filter((line) => line.includes(' proxy '))).toEqual([
      `closes proxy ${WEB} > ${PROXY}: www.example.com:443 (still reaches it by another proxy)`,
      `opens proxy ${WEB} > org/outside/second: www.example.com:443 (reached it by another proxy before)`,
    ]);
  });

  it('reports a space without applications, because the next one will have its reach', () => {
    const empty = (bindings: Facts['bindings']): Facts => ({
      ...recipe(),
      spaces: [space('later')],
      applications: [],
      policies: [],
      routes: [],
      bindings,
    });
    expect(changes(empty([]), empty([bound('local', 'later')]))).toEqual([
      'opens direct org/later: 10.97.0.0/24 on tcp 443',
    ]);
  });

  it('never loses what is unknown', () => {
    const unread = (token: string): Facts =>
      recipe(undefined, {
        applications: [
          application('outside/proxy', {}, { allowlist: { lines: [], unknown: [{ token, because: 'it is hidden' }] } }),
          application('inside/web'),
        ],
      });
    expect(changes(unread('one'), unread('one'))).toEqual([]);
    expect(changes(unread('one'), unread('two'))).toEqual([
      `unknown proxy ${WEB} > ${PROXY}: something unknown (it is hidden)`,
    ]);
    expect(changes(recipe(), unread('one'))).toEqual([
      `closes proxy ${WEB} > ${PROXY}: www.example.com:443 (unless something unknown still opens it)`,
      `unknown proxy ${WEB} > ${PROXY}: something unknown (it is hidden)`,
    ]);
  });
});

/** A list for each of two clients, beside what both may reach. */
const apart = (lists: string): Facts =>
  recipe(undefined, {
    applications: [
      application('outside/proxy', { EGRESS_ALLOW: 'www.example.com:443', EGRESS_CLIENTS: lists }),
      application('inside/web'),
      application('inside/batch'),
    ],
    policies: [policy('inside/web', 'outside/proxy'), policy('inside/batch', 'outside/proxy')],
  });

describe('an audit', () => {
  const on = (today: string, before: Facts, after: Facts) =>
    difference(new Model(before, today), new Model(after, today)).map(
      ({ verdict, who, what, note = '' }) => `${verdict} ${who.join()}: ${plain(what)} (${plain(note)})`,
    );

  it('opens everything public to the client with the list, and ends by itself', () => {
    const none = apart('web api.example.gov:443');
    const audited = apart('web api.example.gov:443\nweb audit until 2026-12-31');
    const everything = `${WEB}: everything public (audit mode until 2026-12-31)`;
    expect(on('2026-12-31', none, audited)).toEqual([`opens ${everything}`]);
    expect(on('2026-12-31', audited, none)).toEqual([`closes ${everything}`]);
    expect(on('2027-01-01', none, audited)).toEqual([]);
    const model = new Model(audited, '2026-12-31');
    expect(model.reaches(WEB, PROXY, 'any.example.net', 22, address('203.0.113.10'))).toBe('yes');
    expect(model.reaches(WEB, PROXY, 'any.example.net', 443, address('169.254.169.254'))).toBe('no');
    expect(model.reaches('org/inside/batch', PROXY, 'any.example.net', 443, address('203.0.113.10'))).toBe('no');
  });

  it('opens it to every client if the list is the shared one', () => {
    expect(on('2026-12-31', recipe(), recipe('www.example.com:443\naudit'))).toEqual([
      `opens ${WEB}: everything public (audit mode without an end)`,
    ]);
  });

  it('that ends later is a change, although it opens nothing today', () => {
    const until = (day: string) => apart(`web audit until ${day}`);
    const note = '(audit mode until 2027-12-31, not audit mode until 2026-12-31)';
    expect(on('2026-11-24', until('2026-12-31'), until('2027-12-31'))).toEqual([
      `opens ${WEB}: everything public for longer ${note}`,
    ]);
    expect(on('2026-11-24', until('2027-12-31'), until('2026-12-31'))).toEqual([
      `closes ${WEB}: everything public for a shorter time (audit mode until 2026-12-31, not audit mode until 2027-12-31)`,
    ]);
  });

  it('explains what no line lists', () => {
    expect(explain(new Model(apart('web audit')), 'web', 'any.example.net:22').reasons).toEqual([
      'through proxy (demo/proxy): it allows everything public (audit mode without an end), and the egress of its space allows it',
    ]);
  });
});

describe('a destination with an end', () => {
  const listed = (...lines: string[]): Facts => recipe(lines.join('\n'));
  const told = (today: string, before: Facts, after: Facts) =>
    difference(new Model(before, today), new Model(after, today)).map(
      ({ verdict, what, note }) => `${verdict} ${plain(what)}${note === undefined ? '' : ` (${plain(note)})`}`,
    );
  const until = (day: string) => listed(`old.example.gov:443 until ${day}`);

  it('opens what it names until its end, and nothing after that', () => {
    expect(told('2026-12-31', recipe(''), until('2026-12-31'))).toEqual([
      'opens old.example.gov:443 (until 2026-12-31)',
    ]);
    expect(told('2027-01-01', recipe(''), until('2026-12-31'))).toEqual([]);
    const reached = (today: string) =>
      new Model(until('2026-12-31'), today).reaches(WEB, PROXY, 'old.example.gov', 443, address('203.0.113.10'));
    expect(['2026-12-30', '2026-12-31', '2027-01-01'].map(reached)).toEqual(['yes', 'yes', 'no']);
  });

  it('widens if its end is later or removed, although nothing opens today, and narrows if its end is sooner', () => {
    expect(told('2026-11-24', until('2026-12-31'), until('2027-12-31'))).toEqual([
      'opens old.example.gov:443 for longer (until 2027-12-31)',
    ]);
    expect(told('2026-11-24', until('2026-12-31'), listed('old.example.gov:443'))).toEqual([
      'opens old.example.gov:443 for longer (without an end)',
    ]);
    expect(told('2026-11-24', listed('old.example.gov:443'), until('2026-12-31'))).toEqual([
      'closes old.example.gov:443 for a shorter time (until 2026-12-31)',
    ]);
    expect(told('2027-01-01', until('2026-12-31'), listed('old.example.gov:443'))).toEqual([
      'opens old.example.gov:443',
    ]);
  });

  it('says what its tunnels may carry, and for how long', () => {
    expect(
      told(
        '2026-11-24',
        listed('a.example.gov:443'),
        listed('a.example.gov:443', 'a.example.gov:443/tcp until 2026-12-31'),
      ),
    ).toEqual(['opens a.example.gov:443/tcp (until 2026-12-31)']);
  });

  it('that outlives an audit is reported, although everything is open until then', () => {
    const audited = (line: string) => listed('audit until 2026-12-31', line);
    expect(
      told('2026-11-24', audited('a.example.gov:443 until 2026-11-30'), audited('a.example.gov:443 until 2027-06-30')),
    ).toEqual(['opens a.example.gov:443 for longer (until 2027-06-30)']);
  });

  it('explains that it has ended', () => {
    expect(explain(new Model(until('2026-12-31'), '2027-01-01'), 'web', 'old.example.gov').reasons).toContain(
      "not through proxy (demo/proxy): its allowlist has 'old.example.gov:443 until 2026-12-31', which has expired",
    );
  });

  it("isn't valid for a single host over TCP, so nothing starts", () => {
    const forward = recipe(undefined, {
      applications: [
        application('outside/proxy', {
          EGRESS_FORWARD: 'a.example.gov:587/tcp until 2026-12-31',
          EGRESS_FORWARD_PORT: '10587',
        }),
        application('inside/web'),
      ],
    });
    expect(new Model(forward).proxies.through(PROXY).unknown).toHaveLength(1);
  });

  /** The days that are compared: today, the days on which entries can end, and a later day. */
  const DAYS = ['2026-11-24', '2026-12-31', '2027-06-30', '2027-12-31', '2028-12-31'];
  const ends = fc.constantFrom('', ' until 2026-01-01', ...DAYS.slice(1, 4).map((day) => ` until ${day}`));
  const hosts = ['a.example.gov', 'b.example.gov', '.example.gov', '.example.gov!b.example.gov'];
  const lines = fc.array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc
          .tuple(fc.constantFrom(...hosts), fc.constantFrom(':443', ':443/tcp', ':80'), ends)
          .map((parts) => parts.join('')),
      },
      { weight: 1, arbitrary: ends.map((end) => `audit${end}`) },
    ),
    { maxLength: 4 },
  );

  it('is reported exactly if something opens on some day, with its end', () => {
    const [today = ''] = DAYS;
    const open = (model: Model, day: string) =>
      ['a.example.gov', 'b.example.gov', 'c.example.gov', 'other.example.net'].flatMap((host) =>
        [80, 443].flatMap((port) => {
          const { names, tunnels } = model.proxies.through(PROXY, WEB, day);
          const [plain, free] = [names, names.intersect(tunnels)].map((some) => !some.addresses(host, port).isEmpty);
          return [...(plain ? [`${host}:${port}`] : []), ...(free ? [`${host}:${port}/tcp`] : [])];
        }),
      );
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const [old, now] = [new Model(listed(...before), today), new Model(listed(...after), today)];
        const rows = difference(old, now);
        const gainedOn = DAYS.filter((day) => open(now, day).some((one) => !open(old, day).includes(one)));
        expect(rows.some(({ verdict }) => verdict === 'opens')).toBe(gainedOn.length > 0);
        const last = gainedOn.at(-1);
        // On the last day, only entries without an end are open.
        const noted = rows.flatMap(({ verdict, note = '' }) =>
          verdict === 'opens' ? [/until ([0-9-]+)/.exec(plain(note).replace(/, not .*/, ''))?.[1] ?? '2028-12-31'] : [],
        );
        expect(noted.sort().at(-1)).toBe(last);
      }),
      drawn(50),
    );
  });

  it('closes in reverse what it opens', () => {
    const [today = ''] = DAYS;
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const [old, now] = [new Model(listed(...before), today), new Model(listed(...after), today)];
        const has = (rows: readonly { verdict: string }[], verdict: string) =>
          rows.some((row) => row.verdict === verdict);
        const names = (model: Model, day: string) => model.proxies.through(PROXY, WEB, day).names;
        const closes = DAYS.some((day) => !names(now, day).covers(names(old, day)));
        if (closes) expect(has(difference(old, now), 'closes')).toBe(true);
        expect(difference(now, new Model(listed(...after), today))).toEqual([]);
      }),
      drawn(40),
    );
  });
});

describe("one client's list", () => {
  it('is a change for that client only', () => {
    const before = apart('web .example.org!raw.example.org:443\nbatch data.example.gov:443');
    expect(changes(before, apart('web .example.org:443\nbatch data.example.gov:443'))).toEqual([
      `opens proxy ${WEB} > ${PROXY}: raw.example.org:443`,
    ]);
    expect(changes(before, apart('web .example.org!raw.example.org:443'))).toEqual([
      `closes proxy org/inside/batch > ${PROXY}: data.example.gov:443`,
    ]);
  });
});

describe('an explanation', () => {
  const model = new Model(recipe('.example.org:443'));

  it.each([
    ['web', 'proxy', 'yes', 'the network policy (demo/policy-inside/web-outside/proxy) opens tcp 3128 of proxy to web'],
    ['proxy', 'web', 'no', 'a policy opens the other direction, from web to proxy'],
    [
      'web',
      'www.example.org',
      'yes',
      "through proxy (demo/proxy): its allowlist has '.example.org:443', and the egress of its space allows it",
    ],
    [
      'web',
      'www.example.org:80',
      'no',
      'not through proxy (demo/proxy): no line of its allowlist covers www.example.org:80',
    ],
    [
      'web',
      '10.97.0.1',
      'yes',
      'directly: space org/inside has local (demo/binding-local-inside), which opens tcp 443 there',
    ],
    ['web', '10.96.0.1:5432', 'no', 'not directly: space org/inside has local, which do not open tcp 5432 there'],
    [
      'proxy',
      'api.example.gov',
      'yes',
      'directly: space org/outside has public (demo/binding-public-outside), which opens tcp 443 there',
    ],
  ])("says why %s does or doesn't reach %s: %s", (from, to, answer, reason) => {
    const explanation = explain(model, from, to);
    expect(explanation.answer).toBe(answer);
    expect(explanation.reasons).toContain(reason);
  });

  it('says of an internal name what a policy for TLS opens, and that the plain port stays closed', () => {
    const tls = new Model(recipe(undefined, { policies: [policy('inside/web', 'outside/proxy', '61443')] }));
    const opens = 'the network policy (demo/policy-inside/web-outside/proxy) opens tcp 61443 of proxy to web';
    expect(explain(tls, 'web', 'proxy.apps.internal:61443')).toEqual({ answer: 'yes', reasons: [opens] });
    expect(explain(tls, 'web', 'Proxy.apps.internal:3128')).toEqual({
      answer: 'no',
      reasons: ['proxy.apps.internal leads to proxy, and no network policy opens tcp 3128 there to web', opens],
    });
  });

  it("names the line that excepts a host, and shows nothing from one client's list to another", () => {
    const apart = new Model(
      recipe(undefined, {
        applications: [
          application('outside/proxy', {
            EGRESS_ALLOW: '.example.org!raw.example.org:443',
            EGRESS_CLIENTS: 'batch raw.example.org:443\nweb api.example.gov:443',
          }),
          application('inside/web'),
          application('inside/batch'),
        ],
        policies: [policy('inside/web', 'outside/proxy'), policy('inside/batch', 'outside/proxy')],
      }),
    );
    expect(explain(apart, 'web', 'raw.example.org').reasons).toContain(
      "not through proxy (demo/proxy): its allowlist has '.example.org!raw.example.org:443', which excludes raw.example.org",
    );
    expect(explain(apart, 'web', 'a.raw.example.org').answer).toBe('yes');
    expect(explain(apart, 'batch', 'raw.example.org')).toEqual({
      answer: 'yes',
      reasons: [
        "through proxy (demo/proxy): its allowlist has 'batch raw.example.org:443', and the egress of its space allows it",
      ],
    });
    expect(explain(apart, 'batch', 'api.example.gov').answer).toBe('no');
  });

  it('names the known applications if asked about an unknown one', () => {
    expect(() => explain(model, 'wbe', 'proxy')).toThrow(
      "'wbe' is not an application, a service, a host or an address; applications and services here: proxy, web",
    );
  });
});
