import fc from 'fast-check';
import { drawn } from '../../support/laws';
import type { Change } from '../support/plan';
import { plain } from '../../../review/phrase';
import { app, changed, fixed, LIST, proxy, reviewed, stopped, type Values } from './attempts';

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
