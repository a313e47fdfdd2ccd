import { isIPv4 } from 'node:net';
import fc from 'fast-check';
import {
  AddressRange,
  networkOf,
  toAddress,
  toNumber,
  toPrefix,
  withoutContained,
} from '../../../constructs/values/address-range';

const number = fc.nat({ max: 2 ** 32 - 1 });

test('an address is read as it is written, without a loss', () => {
  fc.assert(fc.property(number, (value) => toNumber(toAddress(value)) === value));
});

test('an address is what the standard library takes for one', () => {
  const octet = fc.oneof(fc.nat({ max: 300 }).map(String), fc.constantFrom('', '00', '01', '1e1', ' 1', '-0'));
  fc.assert(
    fc.property(fc.array(octet, { minLength: 3, maxLength: 5 }), (octets) => {
      const text = octets.join('.');
      expect(toNumber(text) !== undefined).toBe(isIPv4(text));
    }),
  );
});

test('a prefix is a number of bits from 0 to 32', () => {
  const texts = Array.from({ length: 40 }, (_, bits) => String(bits));
  expect(texts.map(toPrefix)).toEqual(texts.map((text) => (Number(text) <= 32 ? Number(text) : undefined)));
  expect(['', '08', '-1', '1.5', '1e1'].map(toPrefix)).toEqual(Array(5).fill(undefined));
});

test('a network is the same for all of its addresses', () => {
  fc.assert(
    fc.property(number, fc.nat({ max: 32 }), (value, prefix) => {
      const first = networkOf(value, prefix);
      expect(first <= value && value - first < 2 ** (32 - prefix)).toBe(true);
      expect([networkOf(first, prefix), networkOf(first + 2 ** (32 - prefix) - 1, prefix)]).toEqual([first, first]);
    }),
  );
});

/** Ranges within 10.0.0.0/8 of all sizes, written with their lowest address. */
const ranges = fc
  .tuple(fc.integer({ min: 0, max: 2 ** 24 - 1 }), fc.integer({ min: 8, max: 32 }))
  .map(([bits, prefix]) => {
    const address = 10 * 2 ** 24 + bits;
    const first = address - (address % 2 ** (32 - prefix));
    return `${[24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join('.')}/${prefix}`;
  });

test('a range prints as it was read', () => {
  fc.assert(
    fc.property(ranges, (text) => {
      expect(AddressRange.parse(text).toString()).toBe(text);
    }),
  );
});

test('a range contains itself and its halves, and is contained in neither', () => {
  const [whole, low, high] = ['10.98.0.0/24', '10.98.0.0/25', '10.98.0.128/25'].map((text) => AddressRange.parse(text));
  if (!whole || !low || !high) throw new Error('three ranges were read');
  expect([whole.contains(whole), whole.contains(low), whole.contains(high)]).toEqual([true, true, true]);
  expect([low.contains(whole), high.contains(whole), low.contains(high), high.contains(low)]).toEqual(
    Array(4).fill(false),
  );
});

test('leaving out contained ranges loses no address, whatever the order', () => {
  fc.assert(
    fc.property(fc.array(ranges, { maxLength: 12 }), (texts) => {
      const all = texts.map((text) => AddressRange.parse(text));
      const kept = withoutContained(all);
      expect(all.every((range) => kept.some((other) => other.contains(range)))).toBe(true);
      expect(kept.map(String)).toEqual(withoutContained([...all].reverse()).map(String));
      expect(kept.some((range) => kept.some((other) => other !== range && other.contains(range)))).toBe(false);
    }),
  );
});

test.each([
  ['10.98.0.1/24', 'write 10.98.0.0/24'],
  ['10.98.0.0', 'write IPv4 and a prefix length'],
  ['10.98.0/24', 'write IPv4 and a prefix length'],
  ['010.98.0.0/24', 'write IPv4 and a prefix length'],
  ['10.98.0.0/33', 'write IPv4 and a prefix length'],
  ['10.256.0.0/16', 'write IPv4 and a prefix length'],
  ['fd00::/8', 'write IPv4 and a prefix length'],
  ['', 'write IPv4 and a prefix length'],
  ['0.0.0.0/0', 'not within the private ranges'],
  ['10.0.0.0/7', 'not within the private ranges'],
  ['8.8.8.0/24', 'not within the private ranges'],
  ['127.0.0.0/8', 'loopback and link-local addresses are never reached'],
  ['169.254.169.254/32', 'loopback and link-local addresses are never reached'],
])("fails for '%s' with a remedy", (text, remedy) => {
  // 10.0.0.0/7 is 10.0.0.0 to 11.255.255.255: half of it is public.
  expect(() => AddressRange.parse(text)).toThrow(remedy);
  expect(() => AddressRange.parse(text)).toThrow(`'${text}'`);
});
