import fc from 'fast-check';
import { planAddresses } from '../../src/cell/addresses';
import type { NetworkState, PolicyRule, SecurityGroupRule } from '../../src/cell/cell';
import { AddressSet, closedRules, type Namespace, renderRules } from '../../src/cell/rules';
import { toAddress, toNumber } from '../../src/ipv4';

const LAST = 2 ** 32 - 1;
const address = fc.oneof(fc.integer({ min: 0, max: LAST }), fc.integer({ min: 0, max: 40 })).map(toAddress);
const cidr = fc.tuple(address, fc.integer({ min: 0, max: 32 })).map(([base, bits]) => `${base}/${bits}`);
const range = fc.tuple(address, address).map(([a, b]) => (toNumber(a) <= toNumber(b) ? `${a}-${b}` : `${b}-${a}`));
const destination = fc
  .array(fc.oneof(address, cidr, range), { minLength: 1, maxLength: 8 })
  .map((parts) => parts.join(','));

test('a set contains an address if one of its parts does', () =>
  fc.assert(
    fc.property(destination, address, (text, candidate) => {
      const parts = text.split(',').map((part) => AddressSet.parse(part));
      expect(AddressSet.parse(text).has(candidate)).toBe(parts.some((part) => part.has(candidate)));
    }),
  ));

test('ranges are sorted and neither touch nor overlap, so equal sets print the same', () =>
  fc.assert(
    fc.property(destination, (text) => {
      const { ranges } = AddressSet.parse(text);
      ranges.forEach((one, index) => {
        const next = ranges[index + 1];
        expect(one.first).toBeLessThanOrEqual(one.last);
        if (next) expect(next.first).toBeGreaterThan(one.last + 1);
      });
      const reversed = AddressSet.parse(text.split(',').reverse().join(','));
      expect(reversed.texts).toEqual(AddressSet.parse(text).texts);
    }),
  ));

test('a printed set parses to the same set', () =>
  fc.assert(
    fc.property(destination, (text) => {
      const set = AddressSet.parse(text);
      expect(AddressSet.parse(set.texts.join(',')).ranges).toEqual(set.ranges);
    }),
  ));

test('a union contains what either set contains', () =>
  fc.assert(
    fc.property(destination, destination, (one, other) =>
      expect(AddressSet.parse(one).union(AddressSet.parse(other)).ranges).toEqual(
        AddressSet.parse(`${one},${other}`).ranges,
      ),
    ),
  ));

test.each([
  ['10.0.0.1', ['10.0.0.1']],
  ['0.0.0.0/0', ['0.0.0.0-255.255.255.255']],
  ['10.0.1.0/24,10.0.0.0-10.0.0.255', ['10.0.0.0-10.0.1.255']],
  ['255.255.255.255,0.0.0.0', ['0.0.0.0', '255.255.255.255']],
])('%s prints as %j', (text, printed) => expect(AddressSet.parse(text).texts).toEqual(printed));

test.each([
  '',
  '10.0.0',
  '10.0.0.256',
  '10.0.0.0/33',
  '10.0.0.2-10.0.0.1',
  '1.1.1.1-2.2.2.2-3.3.3.3',
  '::1',
  '1.1.1.1,',
])('fails to parse %j', (text) => expect(() => AddressSet.parse(text)).toThrow(/^not an? /));

const PLAN = planAddresses(
  {
    overlay: { network: 'overlay', cidr: '10.255.0.0/22', gateway: '10.255.0.1' },
    internet: { network: 'internet', cidr: '198.51.100.0/25', gateway: '198.51.100.1' },
  },
  undefined,
  ['198.51.100.24'],
);

function namespace(appGuid: string, slot: number, over: Partial<Namespace> = {}): Namespace {
  const lease = { overlay: `10.255.0.${16 + slot}`, internet: `198.51.100.${32 + slot}` };
  return { appGuid, spaceGuid: 'space', purpose: 'running', lease, ports: [8080], ...over };
}

const CLIENT = namespace('client', 0);
const PROXIES = [namespace('proxy', 1), namespace('proxy', 2)];
const ALL = [CLIENT, ...PROXIES];
const POLICY: PolicyRule = {
  sourceAppGuid: 'client',
  destinationAppGuid: 'proxy',
  protocol: 'tcp',
  startPort: 3128,
  endPort: 3128,
};

function state(over: Partial<NetworkState> = {}): NetworkState {
  return { revision: 1, spaces: {}, policies: [], routes: [], ...over };
}

function groups(...running: SecurityGroupRule[]): NetworkState {
  return state({ spaces: { space: { running, staging: [] } } });
}

/** The rules of a chain. */
function lines(text: string, hook: 'output' | 'input'): string[] {
  const [, body = ''] = text.split(`  chain ${hook} {\n`);
  const [rules = ''] = body.split('\n  }\n');
  const [, ...own] = rules.split('\n').map((line) => line.trim());
  return own;
}

const FENCE = [
  'ip daddr 10.255.0.0-10.255.3.255 goto refuse',
  'ip daddr 198.51.100.0-198.51.100.1 goto refuse',
  'ip daddr 198.51.100.24 goto refuse',
  'ip daddr 198.51.100.32-198.51.100.127 goto refuse',
  'ip daddr 224.0.0.0-239.255.255.255 goto refuse',
  'ip daddr 255.255.255.255 goto refuse',
  'ip daddr 198.51.100.15 meta l4proto != tcp goto refuse',
  'ip daddr 198.51.100.15 tcp dport != 80 goto refuse',
];
const BEFORE = [
  'oifname "lo" ip daddr 127.0.0.11 goto refuse',
  'oifname "lo" accept',
  'ct state established,related accept',
  'meta nfproto ipv6 goto refuse',
  'ip saddr != 10.255.0.16 ip saddr != 198.51.100.32 goto refuse',
  'ip daddr 10.255.0.2 tcp dport 53 accept',
  'ip daddr 10.255.0.2 udp dport 53 accept',
];
const INPUT = ['iifname "lo" accept', 'ct state established,related accept'];

test('without security groups and policies, only loopback, answers, and the resolver are open', () => {
  const { text, names } = renderRules(CLIENT, ALL, state(), PLAN);
  expect(lines(text, 'output')).toEqual([...BEFORE, ...FENCE, 'goto refuse']);
  expect(lines(text, 'input')).toEqual([...INPUT, 'ip saddr 10.255.0.2 tcp dport 8080 accept', 'goto refuse']);
  expect(names).toEqual(new Set());
});

test('the complete rules replace the table in one transaction', () =>
  expect(closedRules()).toBe(`table inet cell
delete table inet cell
table inet cell {
  chain refuse {
    meta l4proto tcp reject with tcp reset
    reject with icmpx port-unreachable
  }
  chain output {
    type filter hook output priority mangle; policy drop;
    oifname "lo" ip daddr 127.0.0.11 goto refuse
    oifname "lo" accept
    ct state established,related accept
    goto refuse
  }
  chain input {
    type filter hook input priority filter; policy drop;
    iifname "lo" accept
    ct state established,related accept
    goto refuse
  }
}
`));

test('a policy opens the source to all instances of the destination, before the overlay is refused', () => {
  const { text, names } = renderRules(CLIENT, ALL, state({ policies: [POLICY] }), PLAN);
  expect(lines(text, 'output')).toEqual([
    ...BEFORE,
    'ip daddr 10.255.0.17-10.255.0.18 tcp dport 3128 accept',
    ...FENCE,
    'goto refuse',
  ]);
  expect(names).toEqual(new Set(['10.255.0.17', '10.255.0.18']));
});

test('a policy admits the source at the destination', () => {
  const [proxy = CLIENT] = PROXIES;
  const policy = { ...POLICY, protocol: 'udp', endPort: 3130 } as const;
  const { text, names } = renderRules(proxy, ALL, state({ policies: [policy] }), PLAN);
  expect(lines(text, 'input')).toEqual([
    ...INPUT,
    'ip saddr 10.255.0.2 tcp dport 8080 accept',
    'ip saddr 10.255.0.16 udp dport 3128-3130 accept',
    'goto refuse',
  ]);
  expect(names).toEqual(new Set(['10.255.0.16']));
});

test('peers whose addresses are not adjacent have a rule each', () => {
  const apart = [namespace('proxy', 1), namespace('proxy', 3)];
  const { text } = renderRules(CLIENT, [CLIENT, ...apart], state({ policies: [POLICY] }), PLAN);
  expect(lines(text, 'output')).toEqual([
    ...BEFORE,
    'ip daddr 10.255.0.17 tcp dport 3128 accept',
    'ip daddr 10.255.0.19 tcp dport 3128 accept',
    ...FENCE,
    'goto refuse',
  ]);
});

test('a policy between applications without instances opens nothing', () => {
  const policies = [
    { ...POLICY, destinationAppGuid: 'nobody' },
    { ...POLICY, sourceAppGuid: 'proxy' },
  ];
  expect(renderRules(CLIENT, [CLIENT], state({ policies }), PLAN)).toEqual(
    renderRules(CLIENT, [CLIENT], state(), PLAN),
  );
});

test('a staging instance has the staging groups, no policies, and admits nobody', () => {
  const staging = namespace('client', 0, { purpose: 'staging' });
  const network = state({
    policies: [POLICY, { ...POLICY, sourceAppGuid: 'proxy', destinationAppGuid: 'client' }],
    spaces: {
      space: {
        running: [{ protocol: 'all', destination: '1.1.1.1' }],
        staging: [{ protocol: 'all', destination: '2.2.2.2' }],
      },
    },
  });
  const { text } = renderRules(staging, [staging, ...PROXIES], network, PLAN);
  expect(lines(text, 'output')).toEqual([...BEFORE, ...FENCE, 'ip daddr 2.2.2.2 accept', 'goto refuse']);
  expect(lines(text, 'input')).toEqual([...INPUT, 'goto refuse']);
  const [proxy = CLIENT] = PROXIES;
  expect(renderRules(proxy, [staging, ...PROXIES], network, PLAN).names).toEqual(new Set());
});

test.each<[SecurityGroupRule, string[]]>([
  [{ protocol: 'all', destination: '10.0.0.1' }, ['ip daddr 10.0.0.1 accept']],
  [
    { protocol: 'tcp', destination: '10.0.0.0/24', ports: '443' },
    ['ip daddr 10.0.0.0-10.0.0.255 tcp dport 443 accept'],
  ],
  [
    { protocol: 'udp', destination: '10.0.0.1-10.0.0.2,10.0.0.3', ports: '53,54,53' },
    ['ip daddr 10.0.0.1-10.0.0.3 udp dport 53 accept', 'ip daddr 10.0.0.1-10.0.0.3 udp dport 54 accept'],
  ],
  [{ protocol: 'tcp', destination: '10.0.0.1', ports: '1-65535' }, ['ip daddr 10.0.0.1 tcp dport 1-65535 accept']],
  [
    { protocol: 'tcp', destination: '10.0.0.1,10.0.0.9', ports: '80,443' },
    [
      'ip daddr 10.0.0.1 tcp dport 80 accept',
      'ip daddr 10.0.0.1 tcp dport 443 accept',
      'ip daddr 10.0.0.9 tcp dport 80 accept',
      'ip daddr 10.0.0.9 tcp dport 443 accept',
    ],
  ],
  [{ protocol: 'icmp', destination: '10.0.0.1', type: -1, code: -1 }, ['ip daddr 10.0.0.1 ip protocol icmp accept']],
  [
    { protocol: 'icmp', destination: '10.0.0.1', type: 8, code: 0 },
    ['ip daddr 10.0.0.1 ip protocol icmp icmp type 8 icmp code 0 accept'],
  ],
  [{ protocol: 'icmpv6', destination: '10.0.0.1', type: -1, code: -1 }, []],
])('the group rule %j becomes %j, after the destinations that no group opens', (rule, expected) => {
  const { text } = renderRules(CLIENT, ALL, groups(rule), PLAN);
  expect(lines(text, 'output')).toEqual([...BEFORE, ...FENCE, ...expected, 'goto refuse']);
});

test.each(['', '80;accept', '80-', '1-2,3'])('fails on the ports %j, which the API never accepts', (ports) => {
  const network = groups({ protocol: 'tcp', destination: '10.0.0.1', ports });
  expect(() => renderRules(CLIENT, ALL, network, PLAN)).toThrow('not a list of ports');
});
