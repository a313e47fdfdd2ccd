import fc from 'fast-check';
import { explain } from '../../../review/explain';
import { Model } from '../../../review/model/model';
import { plain } from '../../../review/phrase';
import { factsOf } from '../../../review/readers/resources';
import { app, changed, fixed, LIST, policy, proxy, reviewed, stopped, type Values } from './attempts';
import { drawn } from '../../support/laws';
import type { Change } from '../support/plan';

const ENDS = [fixed('cloudfoundry_app.web', app('web')), fixed('cloudfoundry_app.proxy', proxy(LIST))];
const way = (more: Values): Values => policy({ source_app: 'id of web', destination_app: 'id of proxy', ...more });
const between = (before: Values, after: Values, sensitive: object = {}): Change[] => [
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
    expect(rows(between({ protocol: 'tcp' }, { protocol: 'all' }))).toEqual([
      'opens icmp',
      'opens other protocols',
      'opens udp 80',
    ]);
    expect(rows(between({ protocol: 'tcp' }, { protocol: 'icmp' }))).toEqual(['opens icmp', 'closes tcp 80']);
    expect(rows(between({ protocol: 'all' }, { protocol: 'udp' }))).toEqual([
      'closes icmp',
      'closes other protocols',
      'closes tcp 80',
    ]);
    expect(rows(between({ protocol: 'icmp' }, { protocol: 'icmp', port: '443' }))).toEqual([]);
  });

  it('is TCP if none is set', () => {
    expect(rows(between({ protocol: null }, { protocol: 'tcp' }))).toEqual([]);
    expect(rows(between({ protocol: null }, { protocol: 'udp' }))).toEqual(['opens udp 80', 'closes tcp 80']);
  });

  it('can open anything if it is an unknown word, and anything else if the word changes', () => {
    const known = new Set(['tcp', 'udp', 'icmp', 'all']);
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        fc.pre(one !== other && !known.has(one) && !known.has(other));
        expect(stopped(between({ protocol: 'tcp' }, { protocol: one }))).toBe(true);
        expect(stopped(between({ protocol: one }, { protocol: other }))).toBe(true);
        expect(rows(between({ protocol: one }, { protocol: one }))).toEqual([]);
      }),
      drawn(8),
    );
  });

  it('could have changed if it is hidden or known after apply', () => {
    expect(stopped(between({ protocol: 'tcp' }, { protocol: 'udp' }, { policies: [{ protocol: true }] }))).toBe(true);
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
