import fc from 'fast-check';
import { AddressSet } from '../../src/cell/rules';
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
