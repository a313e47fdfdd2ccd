import fc from 'fast-check';
import { Destination } from '../../../constructs/values/destination';

const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,10}[a-z0-9])?$/).filter((text) => !text.startsWith('xn--'));
const name = fc.array(label, { minLength: 2, maxLength: 5 }).map((labels) => labels.join('.'));
const ports = fc.uniqueArray(fc.integer({ min: 1, max: 65535 }), { minLength: 1, maxLength: 4 });
const ranges = fc.subarray(['10.98.0.0/24', '10.97.0.0/24', '172.16.0.0/12', '192.168.1.0/28']);
const destinations = fc
  .record({
    name,
    ports,
    ranges,
    below: fc.boolean(),
    checked: fc.boolean(),
    exceptions: fc.array(label, { maxLength: 3 }),
    end: fc.constantFrom(undefined, '2026-12-31', '2028-02-29'),
  })
  .map(({ name: host, ports: open, ranges: within, below, checked, exceptions, end }) => {
    const destination = below
      ? Destination.domain(host, ...open).except(...exceptions.map((first) => `${first}.${host}`))
      : Destination.host(host, ...open);
    const ending = end === undefined ? destination : destination.until(end);
    return (checked ? ending : ending.withoutNameCheck()).within(...within);
  });

test('what a destination prints reads back as the same destination', () => {
  fc.assert(
    fc.property(destinations, (destination) => {
      expect(Destination.parse(destination.toString())).toEqual(destination);
    }),
  );
});

test('a destination prints one way, however its parts are ordered and its letters cased', () => {
  fc.assert(
    fc.property(name, ports, ranges, (host, open, within) => {
      const straight = Destination.host(host, ...open).within(...within);
      const other = Destination.host(`${host.toUpperCase()}.`, ...[...open].reverse(), ...open).within(
        ...[...within].reverse(),
      );
      expect(other.toString()).toBe(straight.toString());
    }),
  );
});

test('every part that was written is printed', () => {
  fc.assert(
    fc.property(destinations, (destination) => {
      const text = destination.toString();
      expect(text).toMatch(destination.kind === 'domain' ? /^\./ : /^[^.]/);
      expect(text).toBe(
        `${destination.kind === 'domain' ? '.' : ''}${destination.name}` +
          (destination.exceptions.length > 0 ? `!${destination.exceptions.join(',')}` : '') +
          `:${destination.ports.join(',')}` +
          (destination.nameCheck ? '' : '/tcp') +
          (destination.ranges.length > 0 ? `@${destination.ranges.join(',')}` : '') +
          (destination.end === undefined ? '' : ` until ${destination.end}`),
      );
    }),
  );
});

test.each([
  ['api.example.gov', 'api.example.gov:443'],
  ['API.Example.GOV.:443', 'api.example.gov:443'],
  ['.example.org:443,80', '.example.org:80,443'],
  ['.gov', '.gov:443'],
  ['bücher.example:443', 'xn--bcher-kva.example:443'],
  ['BÜCHER.example', 'xn--bcher-kva.example:443'],
  ['xn--bcher-kva.example', 'xn--bcher-kva.example:443'],
  ['straße.example', 'xn--strae-oqa.example:443'],
  ['b.s3.amazonaws.com:443@10.98.0.0/24,10.98.0.0/25', 'b.s3.amazonaws.com:443@10.98.0.0/24'],
  ['1and1.example.org', '1and1.example.org:443'],
  ['git.example.org:22/tcp', 'git.example.org:22/tcp'],
  ['old.example.org until 2026-12-31', 'old.example.org:443 until 2026-12-31'],
  ['git.example.org:22/tcp@10.98.0.0/24 until 2026-12-31', 'git.example.org:22/tcp@10.98.0.0/24 until 2026-12-31'],
  ['.example.gov!RAW.example.gov.', '.example.gov!raw.example.gov:443'],
  ['.example.gov!raw.example.gov,example.gov:80', '.example.gov!example.gov,raw.example.gov:80'],
  ['.example.gov!b.a.example.gov,.a.example.gov,a.example.gov', '.example.gov!.a.example.gov:443'],
  ['.example.gov!bücher.example.gov:22/tcp@10.0.0.0/8', '.example.gov!xn--bcher-kva.example.gov:22/tcp@10.0.0.0/8'],
  ['.example.org:5432,22/tcp@10.98.0.0/24', '.example.org:22,5432/tcp@10.98.0.0/24'],
])('%s is printed as %s', (text, printed) => {
  expect(Destination.parse(text).toString()).toBe(printed);
});

test('a destination without the name check is a new one, and keeps its ranges', () => {
  const open = Destination.host('db.example.org', 5432).within('10.98.0.0/24');
  expect(open.withoutNameCheck().toString()).toBe('db.example.org:5432/tcp@10.98.0.0/24');
  expect(open.toString()).toBe('db.example.org:5432@10.98.0.0/24');
});

test('a domain without some of its names is a new one, which keeps its other parts, and adds to its exceptions', () => {
  const open = Destination.domain('example.org', 5432).within('10.98.0.0/24').withoutNameCheck();
  expect(open.except('raw.example.org').except('.old.example.org').toString()).toBe(
    '.example.org!.old.example.org,raw.example.org:5432/tcp@10.98.0.0/24',
  );
  expect(open.toString()).toBe('.example.org:5432/tcp@10.98.0.0/24');
});

test.each([
  ['.example.org:80,443', 'www.example.org:443', true],
  ['.example.org:443', '.example.org!www.example.org:443', true],
  ['.example.org!www.example.org:443', '.example.org:443', false],
  ['.example.org!www.example.org:443', 'www.example.org:443', false],
  ['.example.org!www.example.org:443', 'api.example.org:443', true],
  ['.example.org!.a.example.org:443', '.b.example.org:443', true],
  ['.example.org!.a.example.org:443', '.b.a.example.org:443', false],
  ['.example.org!b.a.example.org:443', '.a.example.org:443', false],
  ['.example.org!b.a.example.org:443', '.a.example.org!b.a.example.org:443', true],
  ['.example.org!b.a.example.org:443', '.a.example.org!.b.a.example.org:443', true],
  ['.example.org:443', 'www.example.org:443/tcp', false],
  ['.example.org:443/tcp', 'www.example.org:443', true],
  ['.example.org:443@10.0.0.0/8', 'www.example.org:443@10.98.0.0/24', true],
  ['.example.org:443', 'www.example.org:443@10.98.0.0/24', false],
])('whether %s covers %s: %s', (outer, inner, covers) => {
  expect(Destination.parse(outer).covers(Destination.parse(inner))).toBe(covers);
});

test('a domain is the same with and without its leading dot', () => {
  expect(Destination.domain('.example.org', 80)).toEqual(Destination.domain('example.org', 80));
});

test('a destination inside a range is a new one, the old one stays public', () => {
  const open = Destination.host('bucket.example.com');
  expect(open.within('10.98.0.0/24').toString()).toBe('bucket.example.com:443@10.98.0.0/24');
  expect(open.toString()).toBe('bucket.example.com:443');
});

describe('fails, with the value and what to write instead, for', () => {
  test.each([
    ['nothing', '', 'is empty'],
    ['a dot alone', '.', 'is empty'],
    ['a scheme', 'https://www.example.org', 'has a scheme: write the host name only'],
    ['a scheme and a port', 'https://www.example.org:443', 'has a scheme: write the host name only'],
    ['a path', 'www.example.org/data', 'has a path'],
    ['a path behind a port', 'www.example.org:443/data', 'has a path'],
    ['a protocol without ports', 'www.example.org/tcp', 'has a path'],
    ['a protocol that is another', 'www.example.org:443/udp', 'has a path'],
    ['a protocol twice', 'www.example.org:443/tcp/tcp', 'has a path'],
    ['a protocol behind the range', 'www.example.org:443@10.0.0.0/8/tcp', 'is not an address range'],
    ['a query', 'www.example.org?x=1', 'has a query'],
    ['a space inside', 'www.exa mple.org', 'has a space in it'],
    ['a space in front', ' www.example.org', 'has a space in it'],
    ['a line break', 'www.example.org\n.example.net', 'has a space in it'],
    ['a user', 'someone@www.example.org', 'has no dot'],
    ['a user with a dot', 'some.one@www.example.org', "'www.example.org' is not an address range"],
    ['a wildcard in front', '*.example.org', 'write .example.org for the name itself and all names below it'],
    ['a wildcard in the middle', 'api.*.example.org', 'has a wildcard inside'],
    ['a wildcard in a label', 'api-*.example.org', 'has a wildcard inside'],
    ['a wildcard alone', '*', 'has a wildcard inside'],
    ['an empty label', 'www..example.org', 'has an empty label'],
    ['two leading dots', '..example.org', 'has an empty label'],
    ['two trailing dots', 'www.example.org..', 'has an empty label'],
    ['a label that begins with a hyphen', '-www.example.org', 'no hyphen at either end'],
    ['a label that ends with a hyphen', 'www-.example.org', 'no hyphen at either end'],
    ['an underscore', 'my_bucket.s3.amazonaws.com', 'letters, digits and hyphens'],
    ['a label of 64 characters', `${'a'.repeat(64)}.org`, 'a label of 64 characters'],
    ['a name of 255 characters', `${'a.'.repeat(127)}b`, 'has 255 characters'],
    ['a name without a dot', 'localhost', 'has no dot'],
    ['an address', '203.0.113.10', 'is an address'],
    ['an address with a port', '203.0.113.10:443', 'is an address'],
    ['an address with a trailing dot', '203.0.113.10.', 'is an address'],
    ['a short address', '127.1', 'is an address'],
    ['a decimal address', '2130706433', 'is an address'],
    ['a hexadecimal address', '0x7f000001', 'is an address'],
    ['an octal address', '0177.0.0.01', 'is an address'],
    ['a hexadecimal last label', 'example.0xa', 'is an address'],
    ['an address of version 6', '::1', 'is an address'],
    ['an address of version 6 with a port', '[2001:db8::1]:443', 'is an address'],
    ['a domain that is an address', '.0.0.10', 'is an address'],
    ['full-width digits', '127.0.0.１', "write '127.0.0.1' if that is what is meant"],
    ['full-width letters', 'ｗｗｗ.example.org', "write 'www.example.org' if that is what is meant"],
    ['an ideographic full stop', 'www。example.org', "write 'www.example.org' if that is what is meant"],
    ['an invisible hyphen', 'exam\u00adple.org', "write 'example.org' if that is what is meant"],
    ['A-labels that are none', 'xn--a.example', 'write its A-labels'],
    ['port 0', 'www.example.org:0', "has the port '0'"],
    ['a port out of range', 'www.example.org:65536', '65536 is not a port'],
    ['a port with a zero in front', 'www.example.org:0443', "has the port '0443'"],
    ['a range of ports', 'www.example.org:80-90', "has the port '80-90'"],
    ['no port behind the colon', 'www.example.org:', "has the port ''"],
    ['a comma at the end of the ports', 'www.example.org:80,', "has the port ''"],
    ['no range behind the sign', 'www.example.org@', "'' is not an address range"],
    ['an exception of a host', 'www.example.org!a.www.example.org', 'is a single host, so there is nothing to except'],
    ['an exception elsewhere', '.example.org!www.example.net', 'is not below .example.org'],
    ['an exception of everything', '.example.org!.example.org', 'excepts everything in .example.org'],
    ['an exception that is no name', '.example.org!*.example.org', 'begins with a wildcard'],
    ['an empty exception', '.example.org!:443', 'is empty'],
    ['two exclamation marks', '.example.org!a.example.org!b.example.org', 'letters, digits and hyphens'],
    ['two signs', 'www.example.org@10.0.0.0/8@10.0.0.0/8', 'is not an address range'],
  ])('%s', (_what, text, remedy) => {
    expect(() => Destination.parse(text)).toThrow(remedy);
  });

  test('a port out of range that is given as a number', () => {
    expect(() => Destination.host('www.example.org', 70000)).toThrow('70000 is not a port');
  });
});

test('whatever is read, the printed name is one that squid matches: letters, digits, hyphens and single dots', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
      let destination: Destination | undefined;
      try {
        destination = Destination.parse(text);
      } catch {
        return;
      }
      expect(destination.toString()).toMatch(
        /^\.?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?(![a-z0-9.,-]+)?:[0-9,]+(\/tcp)?(@[0-9./,]+)?$/,
      );
    }),
    { numRuns: 2000 },
  );
});

test('of two ends of one destination, the one that is set last counts', () => {
  const destination = Destination.host('old.example.org').until('2027-12-31').until('2026-12-31');
  expect(destination.toString()).toBe('old.example.org:443 until 2026-12-31');
});
