import fc from 'fast-check';
import { addressAt, isAddress, overlaps, parseCidr, toAddress, toNumber } from '../src/ipv4';

const number = fc.nat({ max: 2 ** 32 - 1 });
const cidr = fc.tuple(number, fc.integer({ min: 8, max: 32 })).map(([value, bits]) => `${toAddress(value)}/${bits}`);

describe('IPv4 arithmetic', () => {
  it('prints and parses each address without loss', () =>
    fc.assert(fc.property(number, (value) => toNumber(toAddress(value)) === value)));

  it('agrees with the standard library on what an address is', () => {
    fc.assert(fc.property(fc.ipV4(), (text) => isAddress(text)));
    for (const text of ['', '1.2.3', '1.2.3.4.5', '256.0.0.1', '1.2.3.4 ', '01.2.3.4', 'a.b.c.d', '::1']) {
      expect([text, isAddress(text)]).toEqual([text, false]);
    }
  });

  it('gives a network 2^(32-bits) addresses, including the one it is named by', () =>
    fc.assert(
      fc.property(number, fc.integer({ min: 0, max: 32 }), (value, bits) => {
        const { first, last } = parseCidr(`${toAddress(value)}/${bits}`);
        return last - first + 1 === 2 ** (32 - bits) && first <= value && value <= last;
      }),
    ));

  it('finds that two networks overlap exactly if one contains the first address of the other', () =>
    fc.assert(
      fc.property(cidr, cidr, (one, other) => {
        const [a, b] = [parseCidr(one), parseCidr(other)];
        const inside = (value: number, range: { first: number; last: number }): boolean =>
          range.first <= value && value <= range.last;
        return overlaps(a, b) === (inside(a.first, b) || inside(b.first, a));
      }),
    ));

  it('counts addresses from the start of the network, and refuses one outside', () => {
    expect(addressAt('10.255.0.0/22', 259)).toBe('10.255.1.3');
    expect(() => addressAt('10.0.0.0/30', 4)).toThrow('no address 4 in 10.0.0.0/30: it has 4');
    expect(() => addressAt('10.0.0.0/30', -1)).toThrow('no address -1');
  });

  it.each(['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/9x', '10.0.0.0/-1'])('refuses %s as a network', (text) =>
    expect(() => parseCidr(text)).toThrow(/not an IPv4 (network|address): /),
  );
});
