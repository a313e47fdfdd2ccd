import fc from 'fast-check';
import { AddressRange } from '../../constructs/address-range';
import { Allowlist } from '../../constructs/allowlist';
import { isOver } from '../../constructs/day';
import { Destination } from '../../constructs/destination';

/** A small world, so that domains, ports and ranges overlap often. */
const names = ['gov', 'example.gov', 'a.example.gov', 'b.a.example.gov', 'other.gov', 'notexample.gov'];
const ports = [80, 443, 8443];
const ranges = ['10.0.0.0/8', '10.98.0.0/16', '10.98.0.0/24', '192.168.0.0/16'];
const destinations = fc
  .record({
    name: fc.constantFrom(...names),
    open: fc.subarray(ports, { minLength: 1 }),
    within: fc.subarray(ranges),
    below: fc.boolean(),
    checked: fc.boolean(),
    exceptions: fc.subarray(['', 'a.', '.a.', 'b.a.', 'x.']),
    end: fc.constantFrom(undefined, undefined, '2026-12-31', '2027-12-31'),
  })
  .map(({ name, open, within, below, checked, exceptions, end }) => {
    const domain = below || !name.includes('.');
    const destination = domain
      ? Destination.domain(name, ...open).except(...exceptions.map((first) => `${first}${name}`))
      : Destination.host(name, ...open);
    const ending = end === undefined ? destination : destination.until(end);
    return (checked ? ending : ending.withoutNameCheck()).within(...within);
  });
const lists = fc.array(destinations, { maxLength: 8 });
const plainLists = lists.map((list) => list.filter(({ exceptions }) => exceptions.length === 0));

interface Request {
  readonly host: string;
  readonly port: number;
  /** Whether it is a tunnel with TLS that names the host. */
  readonly tls: boolean;
  /** Undefined for an address on the public internet. */
  readonly address?: AddressRange;
  readonly day: string;
}
const requests: Request[] = [...names, ...names.map((name) => `x.${name}`)].flatMap((host) =>
  ports.flatMap((port) =>
    [undefined, '10.1.1.1/32', '10.98.9.1/32', '10.98.0.1/32', '192.168.1.1/32'].flatMap((text) =>
      [true, false].flatMap((tls) =>
        ['2026-12-31', '2027-01-01', '2028-01-01'].map((day) => ({
          host,
          port,
          tls,
          address: text === undefined ? undefined : AddressRange.parse(text),
          day,
        })),
      ),
    ),
  ),
);

const matches = (pattern: string, host: string): boolean =>
  pattern.startsWith('.') ? `.${host}`.endsWith(pattern) : host === pattern;

/** What a list allows, by its meaning: squid's `.x` is x and all below it, and a named range is the only one reached. */
function allows(list: readonly Destination[], { host, port, tls, address, day }: Request): boolean {
  return list.some(
    (destination) =>
      matches(destination.pattern, host) &&
      !destination.exceptions.some((exception) => matches(exception, host)) &&
      destination.ports.includes(port) &&
      (tls || !destination.nameCheck) &&
      !isOver(destination.end, day) &&
      (address === undefined
        ? destination.ranges.length === 0
        : destination.ranges.some((range) => range.contains(address))),
  );
}

const decisions = (list: readonly Destination[]) => requests.map((request) => allows(list, request));
const collapsed = (list: readonly Destination[]) => new Allowlist(list).lines().map((line) => Destination.parse(line));

test('the printed list allows exactly what the destinations allow', () => {
  fc.assert(
    fc.property(lists, (list) => {
      expect(decisions(collapsed(list))).toEqual(decisions(list));
    }),
  );
});

test('the printed list does not depend on the order, and printing it again changes nothing', () => {
  fc.assert(
    fc.property(lists, (list) => {
      const lines = new Allowlist(list).lines();
      expect(new Allowlist([...list].reverse()).lines()).toEqual(lines);
      expect(new Allowlist(collapsed(list)).lines()).toEqual(lines);
    }),
  );
});

test('no line of a printed list is covered by another one', () => {
  fc.assert(
    fc.property(lists, (list) => {
      const lines = collapsed(list);
      expect(lines.filter((line) => lines.some((other) => other !== line && other.covers(line)))).toEqual([]);
    }),
  );
});

test('no line and no port of a printed list without exceptions could be left out', () => {
  fc.assert(
    fc.property(plainLists, (list) => {
      const lines = collapsed(list);
      for (const [index, line] of lines.entries()) {
        const others = lines.filter((_, other) => other !== index);
        expect(decisions(others)).not.toEqual(decisions(lines));
        for (const port of line.ports.length > 1 ? line.ports : []) {
          const left = line.ports.filter((other) => other !== port);
          const rest = Destination.parse(line.toString().replace(/:[0-9,]+/, `:${left.join(',')}`));
          expect(decisions([...others, rest])).not.toEqual(decisions(lines));
        }
      }
    }),
  );
});

test('a domain stands before what is below it', () => {
  const list = ['b.example.org:8443', '.example.org:443', 'a.example.org:80'].map((text) => Destination.parse(text));
  expect(new Allowlist(list).lines()).toEqual(['.example.org:443', 'a.example.org:80', 'b.example.org:8443']);
});

test('a name loses the ports that a domain above it has, and goes when none is left', () => {
  const list = ['www.example.org:80,443', 'api.example.org:443', 'example.org:443', '.example.org:443'];
  expect(new Allowlist(list.map((text) => Destination.parse(text))).lines()).toEqual([
    '.example.org:443',
    'www.example.org:80',
  ]);
});

test('a name inside a range is not covered by a domain on the internet', () => {
  const list = ['.example.org:443', 'bucket.example.org:443@10.98.0.0/24'];
  expect(new Allowlist(list.map((text) => Destination.parse(text))).lines()).toEqual(list);
});

test('a name whose tunnels are not looked into stays beside a domain whose are, and covers itself', () => {
  const list = ['.example.org:443', 'git.example.org:443/tcp', 'git.example.org:443'];
  expect(new Allowlist(list.map((text) => Destination.parse(text))).lines()).toEqual(list.slice(0, 2));
});

test('a name that is excepted stays so beside a line that lists it, and stays listed', () => {
  const list = ['.example.org!raw.example.org:443', 'raw.example.org:443', 'www.example.org:443'];
  expect(new Allowlist(list.map((text) => Destination.parse(text))).lines()).toEqual(list.slice(0, 2));
});

test('a domain that is listed with different exceptions has those that are common to all', () => {
  const list = ['.example.org!a.example.org,b.example.org:443', '.example.org!.b.example.org:80,443'];
  expect(new Allowlist(list.map((text) => Destination.parse(text))).lines()).toEqual([
    '.example.org!.b.example.org:80',
    '.example.org!b.example.org:443',
  ]);
});

test('a name that ends stays beside one that ends sooner and does more, and goes where one without an end does as much', () => {
  const list = ['.example.org:443 until 2026-12-31', 'www.example.org:443 until 2027-12-31'];
  expect(new Allowlist(list.map((text) => Destination.parse(text))).lines()).toEqual(list);
  expect(new Allowlist(['www.example.org:443', ...list].map((text) => Destination.parse(text))).lines()).toEqual([
    '.example.org:443 until 2026-12-31',
    'www.example.org:443',
  ]);
});

test('an empty list is an empty variable, so that the proxy refuses everything', () => {
  expect(new Allowlist().environment()).toEqual({ EGRESS_ALLOW: '' });
});

test('a list ends with an empty variable, since the platform keeps a longer list that was there before', () => {
  expect(new Allowlist([Destination.host('www.example.org')]).environment()).toEqual({
    EGRESS_ALLOW: 'www.example.org:443',
    EGRESS_ALLOW_1: '',
  });
});

const hosts = (count: number) =>
  Array.from({ length: count }, (_, index) => Destination.host(`h${index}.agency.example.gov`));

test('10,000 hosts travel in variables that Linux takes, in order and complete', () => {
  const allowlist = new Allowlist(hosts(10_000));
  const environment = allowlist.environment();
  expect(Object.keys(environment)).toEqual(['EGRESS_ALLOW', 'EGRESS_ALLOW_1', 'EGRESS_ALLOW_2', 'EGRESS_ALLOW_3']);
  for (const [name, value] of Object.entries(environment)) {
    expect(Buffer.byteLength(`${name}=${value}\0`)).toBeLessThanOrEqual(131_072);
  }
  expect(Object.values(environment).filter(Boolean).join('\n')).toBe(allowlist.lines().join('\n'));
  expect(allowlist.lines()).toHaveLength(10_000);
});

test('fails over the limit, when the destination is added, with the number that is too much', () => {
  const allowlist = new Allowlist(hosts(30_000));
  expect(() => {
    allowlist.add(...hosts(40_000));
  }).toThrow(/^the allowlist has 40000 destinations in 1188890 bytes, 140314 over the 1048576 that fit/);
});

test('a line that is longer than a variable fails with how much that is, and the remedy', () => {
  const names = Array.from({ length: 6000 }, (_, index) => `host-${index}.agency.example.gov`);
  expect(() => new Allowlist([Destination.domain('example.gov').except(...names)]).environment()).toThrow(
    /^'\.example\.gov!host-0\.agency\.example\.gov.*\.\.\.' has \d+ bytes, \d+ more than a variable of the environment takes/,
  );
});

test('a list over the limit that a domain covers fits', () => {
  const allowlist = new Allowlist([Destination.domain('example.gov'), ...hosts(40_000)]);
  expect(allowlist.lines()).toEqual(['.example.gov:443']);
});
