import fc from 'fast-check';
import { AddressPool, type Lease } from '../../src/cell/addresses';
import { toNumber } from '../../src/ipv4';

const range = (first: string, size: number): { first: number; last: number } => ({
  first: toNumber(first),
  last: toNumber(first) + size - 1,
});
const pool = (size = 4): AddressPool => new AddressPool(range('10.255.0.16', size), range('198.51.100.32', size + 3));

type Step = 'take' | 'release' | 'reclaim';

test('no address is assigned twice, nor again while rules name it', () => {
  const steps = fc.array(fc.tuple(fc.constantFrom<Step>('take', 'release', 'reclaim'), fc.nat(8)), { maxLength: 60 });
  fc.assert(
    fc.property(steps, (sequence) => {
      const addresses = pool();
      const held: Lease[] = [];
      const resting = new Set<string>();
      for (const [step, choice] of sequence) {
        if (step === 'take' && held.length + resting.size < 4) {
          const lease = addresses.take();
          expect(held.map(({ overlay }) => overlay)).not.toContain(lease.overlay);
          expect(resting).not.toContain(lease.overlay);
          held.push(lease);
        }
        if (step === 'release' && held.length > 0) {
          const [lease] = held.splice(choice % held.length, 1);
          if (lease) {
            addresses.release(lease);
            resting.add(lease.overlay);
          }
        }
        if (step === 'reclaim') {
          const named = new Set([...resting].slice(0, choice % 3));
          addresses.reclaim(named);
          for (const address of resting) if (!named.has(address)) resting.delete(address);
        }
      }
    }),
  );
});

test('an address is not reused while others are free', () => {
  const addresses = pool();
  const first = addresses.take();
  addresses.release(first);
  addresses.reclaim(new Set());
  expect([addresses.take(), addresses.take(), addresses.take()].map(({ overlay }) => overlay)).not.toContain(
    first.overlay,
  );
  expect(addresses.take()).toEqual(first);
});

test('fails with the remedy when all addresses are in use', () => {
  const addresses = pool(1);
  addresses.take();
  expect(() => addresses.take()).toThrow('no address is free: all 1 are in use; stop applications or scale them down');
});

test('the addresses of a running instance are adopted once, and only as a pair', () => {
  const addresses = pool();
  const pair = { overlay: '10.255.0.17', internet: '198.51.100.33' };
  expect(addresses.adopt({ ...pair, internet: '198.51.100.34' })).toBe(false);
  expect(addresses.adopt({ overlay: '10.255.0.2', internet: '198.51.100.18' })).toBe(false);
  expect(addresses.adopt(pair)).toBe(true);
  expect(addresses.adopt(pair)).toBe(false);
  expect([addresses.take(), addresses.take(), addresses.take()]).not.toContainEqual(pair);
});
