import { isIPv4 } from 'node:net';
import fc from 'fast-check';
import { networkOf, toAddress, toNumber, toPrefix } from '../../../constructs/values/ipv4';

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
