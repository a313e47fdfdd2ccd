import fc from 'fast-check';
import { app, changed, fixed, LIST, proxy, reviewed, stopped, type Values, policy } from './attempts';
import type { Change } from '../support/plan';
import { drawn } from '../../support/laws';
import { explain } from '../../../review/explain';
import { Model } from '../../../review/model/model';
import { plain } from '../../../review/phrase';
import { factsOf } from '../../../review/readers/resources';

/** `web` has a policy to the proxy here; other clients have theirs elsewhere. */
const CODE: readonly Change[] = [
  fixed('cloudfoundry_app.web', app('web')),
  fixed('cloudfoundry_network_policy.p', {
    policies: [{ source_app: 'id of web', destination_app: 'id of proxy', port: '3128', protocol: 'tcp' }],
  }),
];

interface Lists {
  readonly all: readonly string[];
  readonly web: readonly string[];
}
const lines = (hosts: readonly string[], client = ''): string =>
  hosts.map((host) => `${client}${host}.example:443`).join('\n');
const environment = ({ all, web }: Lists): Values => ({
  environment: { EGRESS_ALLOW: lines(all), EGRESS_CLIENTS: lines(web, 'web ') },
});
const between = (before: Lists, after: Lists): Change[] => [
  ...CODE,
  changed('cloudfoundry_app.proxy', proxy(LIST, environment(before)), environment(after)),
];

const told = (before: Lists, after: Lists): unknown[] => {
  const { opens = [], unknown = [] } = reviewed(between(before, after)).environments[0] ?? {};
  return [...opens, ...unknown].map(({ who, what }) => `${who.join()}: ${plain(what)}`);
};

describe('a list of one client that becomes everybody’s', () => {
  const web: Lists = { all: [], web: ['a'] };

  it('is reported for the others, because that client already had it', () => {
    expect(told(web, { all: ['a'], web: [] })).toEqual(['any client: a.example:443']);
  });

  it("isn't reported twice if it is new for that client too", () => {
    expect(told({ all: ['b'], web: [] }, { all: ['a', 'b'], web: ['c'] })).toEqual([
      'web: a.example:443',
      'web: c.example:443',
    ]);
  });

  it('stops the merge, as does anything else that one of them gains, and nothing else', () => {
    const hosts = fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { maxLength: 3 });
    const lists = fc.record({ all: hosts, web: hosts });
    fc.assert(
      fc.property(lists, lists, (before, after) => {
        const gains = (had: readonly string[], has: readonly string[]): boolean =>
          has.some((host) => !had.includes(host));
        const wider =
          gains(before.all, after.all) || gains([...before.all, ...before.web], [...after.all, ...after.web]);
        expect(stopped(between(before, after))).toBe(wider);
      }),
      drawn(20),
    );
  });
});

const ENDS = [fixed('cloudfoundry_app.web', app('web')), fixed('cloudfoundry_app.proxy', proxy(LIST))];
const way = (more: Values): Values => policy({ source_app: 'id of web', destination_app: 'id of proxy', ...more });
const betweenPolicies = (before: Values, after: Values, sensitive: object = {}): Change[] => [
  ...ENDS,
  changed('cloudfoundry_network_policy.p', { policies: [way(before)] }, { policies: [way(after)] }, sensitive),
];
const rows = (...plan: Parameters<typeof reviewed>): string[] => {
  const { opens = [], closes = [], unknown = [] } = reviewed(...plan).environments[0] ?? {};
  return [...opens, ...closes, ...unknown]
    .filter(({ way: by }) => by === 'policy')
    .map(({ verdict, what }) => `${verdict} ${plain(what)}`);
};

describe('the protocol of a network policy', () => {
  it('opens what it names: `all` opens more than TCP, and `icmp` something else', () => {
    expect(rows(betweenPolicies({ protocol: 'tcp' }, { protocol: 'all' }))).toEqual([
      'opens icmp',
      'opens other protocols',
      'opens udp 80',
    ]);
    expect(rows(betweenPolicies({ protocol: 'tcp' }, { protocol: 'icmp' }))).toEqual(['opens icmp', 'closes tcp 80']);
    expect(rows(betweenPolicies({ protocol: 'all' }, { protocol: 'udp' }))).toEqual([
      'closes icmp',
      'closes other protocols',
      'closes tcp 80',
    ]);
    expect(rows(betweenPolicies({ protocol: 'icmp' }, { protocol: 'icmp', port: '443' }))).toEqual([]);
  });

  it('is TCP if none is set', () => {
    expect(rows(betweenPolicies({ protocol: null }, { protocol: 'tcp' }))).toEqual([]);
    expect(rows(betweenPolicies({ protocol: null }, { protocol: 'udp' }))).toEqual(['opens udp 80', 'closes tcp 80']);
  });

  it('can open anything if it is an unknown word, and anything else if the word changes', () => {
    const known = new Set(['tcp', 'udp', 'icmp', 'all']);
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        fc.pre(one !== other && !known.has(one) && !known.has(other));
        expect(stopped(betweenPolicies({ protocol: 'tcp' }, { protocol: one }))).toBe(true);
        expect(stopped(betweenPolicies({ protocol: one }, { protocol: other }))).toBe(true);
        expect(rows(betweenPolicies({ protocol: one }, { protocol: one }))).toEqual([]);
      }),
      drawn(8),
    );
  });

  it('could have changed if it is hidden or known after apply', () => {
    expect(stopped(betweenPolicies({ protocol: 'tcp' }, { protocol: 'udp' }, { policies: [{ protocol: true }] }))).toBe(
      true,
    );
    const later: Change = {
      address: 'cloudfoundry_network_policy.p',
      before: { policies: [way({ protocol: 'tcp' })] },
      after: { policies: [way({ protocol: null })] },
      unknown: { policies: [{ protocol: true }] },
      actions: ['update'],
    };
    expect(stopped([...ENDS, later])).toBe(true);
  });

  it('is shown by `explain` without ports if it has none', () => {
    const resources = ENDS.map(({ address, before }) => ({
      stack: 's',
      address,
      managed: true,
      type: 'cloudfoundry_app',
      values: before as never,
    }));
    const p = {
      stack: 's',
      address: 'cloudfoundry_network_policy.p',
      managed: true,
      type: 'cloudfoundry_network_policy',
    };
    const values = { policies: [way({ protocol: 'icmp' }) as never] };
    const { reasons } = explain(new Model(factsOf([...resources, { ...p, values }])), 'web', 'proxy');
    expect(reasons.join()).toContain('opens icmp of proxy to web');
  });
});
