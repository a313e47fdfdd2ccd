import { randomGreeting } from '../client-hello';
import { reachFaults } from './fuzz';
import { Chance, OTHER } from './script';

const SITE = '192.88.99.1';

/** The fuzzer's verdict on a ClientHello that a site has seen, in a random form. */
const faultsOf = (name: string, seed: number, address = SITE): string[] =>
  reachFaults(SITE)({
    address,
    port: 443,
    first: randomGreeting([Buffer.from(name, 'latin1')], new Chance(seed)).toString('base64'),
  });

/** Without wrong lengths and the like. */
const PLAIN = Array.from({ length: 40 }, (_, seed) => seed).filter(
  (seed) => faultsOf('www.example.org', seed).length === 0,
);

test('a ClientHello for a listed host is correct, also for a name below a listed domain with any character in it', () => {
  expect(PLAIN.length).toBeGreaterThan(10);
  for (const seed of PLAIN) {
    for (const name of ['a.example.org', 'egress%.example.org', 'LOCALHOST\\.EXAMPLE.ORG']) {
      expect([name, seed, faultsOf(name, seed)]).toEqual([name, seed, []]);
    }
  }
});

test('one for a host to which no tunnel was requested is a fault, and so is one at another address', () => {
  for (const seed of PLAIN) {
    for (const name of [OTHER, 'www.example.net', 'www.example.org.example.net', 'egress%.example.net']) {
      expect([name, seed, faultsOf(name, seed).length]).toEqual([name, seed, 1]);
    }
    expect(faultsOf('www.example.org', seed, '10.0.0.1')).toHaveLength(1);
  }
});
