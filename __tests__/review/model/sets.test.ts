import fc from 'fast-check';
import { Destination } from '../../../constructs/values/destination';
import { toAddress } from '../../../constructs/values/address-range';
import { holds, holdsAll, type NameSet, wider } from '../../../constructs/values/host-name';
import { addresses, INTERNET, printAddresses } from '../../../review/model/addresses';
import { Intervals, type Range } from '../../../review/model/intervals';
import { lazily } from '../../../review/model/maps';
import { type Named, Names } from '../../../review/model/names';
import { ports, PROTOCOLS, Traffic, type Rule } from '../../../review/model/traffic';

const small = fc.integer({ min: 0, max: 40 });
const range = fc.tuple(small, small).map(([a, b]): Range => (a < b ? [a, b] : [b, a]));
const intervals = fc.array(range, { maxLength: 6 }).map((ranges) => Intervals.of(...ranges));
const universe = Array.from({ length: 42 }, (_, value) => value);

describe('a set of numbers', () => {
  it('is united, intersected and subtracted member by member', () => {
    fc.assert(
      fc.property(intervals, intervals, (a, b) => {
        const members = (set: Intervals) => universe.filter((value) => set.includes(value));
        expect([a.union(b), a.minus(b), a.intersect(b)].map(members)).toEqual([
          universe.filter((value) => a.includes(value) || b.includes(value)),
          universe.filter((value) => a.includes(value) && !b.includes(value)),
          universe.filter((value) => a.includes(value) && b.includes(value)),
        ]);
      }),
    );
  });

  it('equals any other set with the same members, however it was built', () => {
    fc.assert(
      fc.property(intervals, intervals, (a, b) => {
        const same = universe.every((value) => a.includes(value) === b.includes(value));
        expect(a.equals(b)).toBe(same);
        expect(a.covers(b) && b.covers(a)).toBe(same);
        expect(a.size).toBe(universe.filter((value) => a.includes(value)).length);
      }),
    );
  });
});

describe('addresses', () => {
  it('are printed in a form that reads back as the same set', () => {
    const address = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    const pair = fc.tuple(address, address).map(([a, b]): Range => (a < b ? [a, b] : [b, a]));
    fc.assert(
      fc.property(fc.array(pair, { minLength: 1, maxLength: 5 }), (ranges) => {
        const set = Intervals.of(...ranges);
        expect(addresses(printAddresses(set).join(',')).equals(set)).toBe(true);
      }),
    );
  });

  it('can be joined: two halves are the whole', () => {
    expect(addresses('0.0.0.0/1,128.0.0.0/1').equals(addresses('0.0.0.0/0'))).toBe(true);
    expect(addresses('10.0.0.0-10.0.0.255').equals(addresses('10.0.0.0/24'))).toBe(true);
    expect(addresses('192.0.2.7').ranges).toEqual([[0xc0000207, 0xc0000207]]);
  });

  it.each(['', '10.0.0', '10.0.0.256', '10.0.0.0/33', '10.0.0.9-10.0.0.1', '::/0', '010.0.0.1', '10.0.0.0/8/9'])(
    'refuses %p, which no rule can contain',
    (text) => {
      expect(() => addresses(text)).toThrow('is not an IPv4 destination');
    },
  );

  it('count private networks and metadata as outside of the internet', () => {
    const inside = (text: string): boolean => INTERNET.covers(addresses(text));
    expect(['203.0.113.10', '8.8.8.8', '11.0.0.0'].map(inside)).toEqual([true, true, true]);
    expect(['10.0.0.1', '169.254.169.254', '127.0.0.1', '192.168.1.1', '100.64.0.1'].map(inside)).toEqual(
      Array(5).fill(false),
    );
    expect(toAddress(0xa9fea9fe)).toBe('169.254.169.254');
  });
});

const rule: fc.Arbitrary<Rule> = fc
  .tuple(
    fc.constantFrom('tcp', 'udp', 'all', 'icmp'),
    fc.constantFrom('10.0.0.0/30', '10.0.0.2-10.0.0.5', '10.0.0.4', '0.0.0.0/0'),
    fc.constantFrom('1-3', '2', '2,4', '3-65535'),
    fc.integer({ min: -1, max: 3 }),
    fc.integer({ min: -1, max: 2 }),
  )
  .map(([protocol, destination, list, type, code]) =>
    protocol === 'tcp' || protocol === 'udp'
      ? { protocol, destination, ports: list }
      : protocol === 'icmp'
        ? { protocol, destination, type, code }
        : { protocol, destination },
  );
const rules = fc.array(rule, { maxLength: 5 });
const traffic = (list: readonly Rule[]): Traffic =>
  list.reduce((sum, each) => sum.union(Traffic.rule(each)), Traffic.NONE);
const [somewhere] = addresses('10.0.0.0').ranges[0] ?? [0];
const probes = PROTOCOLS.flatMap((protocol) =>
  [0, 2, 4, 6].flatMap((offset) => [1, 2, 3, 4, 5].map((port) => [protocol, somewhere + offset, port] as const)),
);

describe('traffic', () => {
  it('allows what one of its rules allows, in any order', () => {
    fc.assert(
      fc.property(rules, (list) => {
        const all = traffic(list);
        expect(traffic([...list].reverse()).equals(all)).toBe(true);
        const each = list.map((one) => Traffic.rule(one));
        expect(probes.filter((packet) => all.allows(...packet))).toEqual(
          probes.filter((packet) => each.some((one) => one.allows(...packet))),
        );
      }),
    );
  });

  it('differs by exactly the packets that one allows and the other does not', () => {
    fc.assert(
      fc.property(rules, rules, (before, after) => {
        const [old, now] = [traffic(before), traffic(after)];
        const opened = now.minus(old);
        expect(probes.filter((packet) => opened.allows(...packet))).toEqual(
          probes.filter((packet) => now.allows(...packet) && !old.allows(...packet)),
        );
        expect(opened.isEmpty).toBe(old.covers(now));
      }),
    );
  });

  it('is described with one line for each set of addresses, and wide sets by their gaps', () => {
    const web = Traffic.rule({ protocol: 'tcp', destination: '10.97.0.0/24', ports: '443,8443' });
    const everything = Traffic.rule({ protocol: 'all', destination: '0.0.0.0-9.255.255.255,11.0.0.0-255.255.255.255' });
    expect(everything.union(web).describe()).toEqual([
      'the internet (every address but 10.0.0.0/8) over any protocol',
      '10.97.0.0/24 on tcp 443,8443',
    ]);
    expect(Traffic.rule({ protocol: 'icmp', destination: '10.0.0.1', type: 8, code: 0 }).describe()).toEqual([
      '10.0.0.1 on icmp type 8 code 0',
    ]);
  });

  it.each(['', '0', '65536', '9-1', 'http', '1,,2'])('refuses %p as ports', (text) => {
    expect(() => ports(text)).toThrow('is not a list of ports');
  });
});

const label = fc.constantFrom('a', 'b');
const labels = fc.array(label, { minLength: 1, maxLength: 3 }).map((each) => each.join('.'));
const to = fc
  .tuple(fc.constantFrom<Range>([443, 443], [80, 80], [80, 443]), fc.constantFrom<Range>([1, 1], [2, 2], [1, 2]))
  .map(([open, at]) => Traffic.over('tcp', Intervals.of(open), Intervals.of(at)));
const domain = fc
  .tuple(
    labels,
    fc.array(fc.tuple(fc.constantFrom('', '.'), fc.constantFrom('', 'a.', 'b.', 'a.b.')), { maxLength: 2 }),
  )
  .map(([name, exceptions]) => ({
    pattern: `.${name}`,
    exceptions: exceptions
      .map(([dot, first]) => `${dot}${first}${name}`)
      .filter((exception) => exception !== `.${name}`),
  }));
const entry = fc
  .tuple(
    fc.oneof(
      labels.map((pattern) => ({ pattern, exceptions: [] })),
      domain,
      fc.constant({ pattern: '.', exceptions: [] }),
    ),
    to,
  )
  .map(([set, open]): Named => ({ ...set, to: open }));
const names = fc.array(entry, { maxLength: 6 });
const hosts = ['a', 'b', 'a.a', 'b.a', 'a.b', 'a.a.a', 'b.a.b', 'c.a.b', 'b.c.a.b', 'c'];

/** The addresses where a host can be reached, with each entry read separately. */
const reached = (entries: readonly Named[], host: string, port: number): Intervals =>
  entries
    .filter(({ pattern, exceptions }) => matches(pattern, host) && !exceptions.some((each) => matches(each, host)))
    .reduce((sum, each) => sum.union(each.to.addresses('tcp', port)), Intervals.NONE);
const matches = (pattern: string, host: string): boolean =>
  pattern === '.' || (pattern.startsWith('.') ? `.${host}`.endsWith(pattern) : host === pattern);
const everywhere = hosts.flatMap((host) => [80, 81, 443].map((port) => [host, port] as const));

describe('names', () => {
  it('reach a host at the addresses of every entry that matches it and does not except it', () => {
    fc.assert(
      fc.property(names, (entries) => {
        const set = Names.of(entries);
        const differing = everywhere.filter(
          ([host, port]) => !set.addresses(host, port).equals(reached(entries, host, port)),
        );
        expect(differing).toEqual([]);
      }),
    );
  });

  it.each([
    ['union', (a: Names, b: Names) => a.union(b), (a: Intervals, b: Intervals) => a.union(b)],
    ['difference', (a: Names, b: Names) => a.minus(b), (a: Intervals, b: Intervals) => a.minus(b)],
    ['intersection', (a: Names, b: Names) => a.intersect(b), (a: Intervals, b: Intervals) => a.intersect(b)],
  ] as const)('have the %s of the addresses of each host', (_, ofNames, ofAddresses) => {
    fc.assert(
      fc.property(names, names, (some, others) => {
        const result = ofNames(Names.of(some), Names.of(others));
        const differing = everywhere.filter(([host, port]) => {
          const expected = ofAddresses(reached(some, host, port), reached(others, host, port));
          return !result.addresses(host, port).equals(expected);
        });
        expect(differing).toEqual([]);
      }),
    );
  });

  it('are described in parts that add up to the set, except where every name reaches something', () => {
    fc.assert(
      fc.property(names, names, (before, after) => {
        const set = Names.of(after).minus(Names.of(before));
        const told = Names.NONE.union(...set.parts().map((part) => Names.part(part)));
        expect(told.covers(set)).toBe(true);
        expect(set.covers(told) || set.parts().some(({ pattern }) => pattern === '.')).toBe(true);
      }),
    );
  });

  it('are described as a domain with its exceptions, and with what differs below it', () => {
    const told = (lines: readonly string[], before: readonly string[] = []) => {
      const set = (texts: readonly string[]) =>
        Names.of(
          texts.map((text) => {
            const { pattern, exceptions, ports: open } = Destination.parse(text);
            return { pattern, exceptions, to: Traffic.over('tcp', ports(open.join(',')), Intervals.of([1, 1])) };
          }),
        );
      return set(lines)
        .minus(set(before))
        .parts()
        .map(({ pattern, exceptions, ports: open }) => `${[pattern, ...exceptions].join(' but ')}:${open.join('-')}`);
    };
    expect(told(['.example.org!raw.example.org:443', 'raw.example.org:80'])).toEqual([
      '.example.org but raw.example.org:443-443',
      'raw.example.org:80-80',
    ]);
    expect(told(['.example.org:443'], ['.example.org!raw.example.org:443'])).toEqual(['raw.example.org:443-443']);
    expect(told(['.example.org:443'], ['.example.org!.raw.example.org:443'])).toEqual(['.raw.example.org:443-443']);
    expect(told(['.example.org:443'], ['.a.example.org!x.a.example.org:443'])).toEqual([
      '.example.org but .a.example.org:443-443',
      'x.a.example.org:443-443',
    ]);
  });
});

describe('patterns', () => {
  const pattern = fc.tuple(fc.constantFrom('', '.'), labels).map((parts) => parts.join(''));
  const set = fc.oneof(
    labels.map((name) => ({ pattern: name, exceptions: [] })),
    domain,
  );
  const includes = ({ pattern: whole, exceptions }: NameSet, host: string): boolean =>
    matches(whole, host) && !exceptions.some((each) => matches(each, host));

  it('are in their domains, nearest first', () => {
    expect(wider('www.example.org')).toEqual(['.www.example.org', '.example.org', '.org']);
    expect(wider('.example.org')).toEqual(['.org']);
  });

  it('contain one another if their names do', () => {
    fc.assert(
      fc.property(pattern, pattern, (outer, inner) => {
        expect(holds(outer, inner)).toBe(outer === inner || wider(inner).includes(outer));
      }),
    );
  });

  it('contain all names of a set, including exceptions', () => {
    fc.assert(
      fc.property(set, set, (outer, inner) => {
        const said = [outer, inner].flatMap((each) => [each.pattern, ...each.exceptions]);
        const apexes = said.map((each) => each.replace(/^\./, ''));
        // A name that neither of them contains represents all similar names.
        const missing = [...apexes, ...apexes.map((apex) => `z.${apex}`)].filter(
          (host) => includes(inner, host) && !includes(outer, host),
        );
        expect(missing.length === 0).toBe(holdsAll(outer, inner));
      }),
    );
  });
});

test('a value is computed once, on first use, and code that lists or compares all values sees it', () => {
  const asked: string[] = [];
  const values = lazily(['a', 'b'], (name) => {
    asked.push(name);
    return name.toUpperCase();
  });
  expect(Object.keys(values)).toEqual(['a', 'b']);
  expect(asked).toEqual([]);
  expect([values['b'], values['b']]).toEqual(['B', 'B']);
  expect(asked).toEqual(['b']);
  expect({ ...values }).toEqual({ a: 'A', b: 'B' });
  expect(asked).toEqual(['b', 'a']);
});
