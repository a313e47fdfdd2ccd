import { AddressPool, type Lease, planAddresses } from '../../src/cell/addresses';
import type { NetworkState } from '../../src/cell/cell';
import { Namespaces } from '../../src/cell/namespaces';

const PLAN = planAddresses({
  overlay: { network: 'overlay', cidr: '10.255.0.0/28', gateway: '10.255.0.1' },
  internet: { network: 'internet', cidr: '198.51.100.0/25', gateway: '198.51.100.1' },
});

class Bench {
  public readonly broken: string[] = [];
  public readonly applied: string[] = [];
  public readonly pool = new AddressPool(
    { first: PLAN.overlay.all.first + 4, last: PLAN.overlay.all.first + 6 },
    PLAN.internet.instances,
  );
  public readonly namespaces = new Namespaces(PLAN, this.pool, (key) => this.broken.push(key));
  public failing = new Set<string>();

  public open(key: string): Lease {
    const lease = this.pool.take();
    this.namespaces.open(key, { appGuid: key, spaceGuid: 'space', purpose: 'running', lease, ports: [] }, () => {
      if (this.failing.has(key)) return Promise.reject(new Error(`no ${key}`));
      this.applied.push(key);
      return Promise.resolve();
    });
    return lease;
  }

  public async enforce(): Promise<string[]> {
    this.applied.length = 0;
    await this.namespaces.enforce();
    return [...this.applied].sort();
  }
}

function network(...pairs: [string, string][]): NetworkState {
  const policies = pairs.map(([sourceAppGuid, destinationAppGuid]) => ({
    sourceAppGuid,
    destinationAppGuid,
    protocol: 'tcp' as const,
    startPort: 1,
    endPort: 1,
  }));
  return { revision: 1, spaces: {}, policies, routes: [] };
}

test('only the namespaces that a change affects are changed', async () => {
  const bench = new Bench();
  bench.open('a');
  bench.open('b');
  bench.open('c');
  expect(await bench.enforce()).toEqual(['a', 'b', 'c']);
  expect(await bench.enforce()).toEqual([]);
  bench.namespaces.replace(network(['a', 'b']));
  expect(await bench.enforce()).toEqual(['a', 'b']);
});

test('an address is free only after the rules that name it are gone, even if changing them fails', async () => {
  const bench = new Bench();
  bench.open('a');
  const lease = bench.open('b');
  bench.open('c');
  bench.namespaces.replace(network(['a', 'b']));
  await bench.enforce();

  bench.failing.add('a');
  bench.namespaces.close('b', lease);
  const failures = await bench.namespaces.enforce();
  expect([...failures.keys()]).toEqual(['a']);
  expect(bench.broken).toEqual(['a']);
  expect(() => bench.pool.take()).toThrow('no address is free');

  bench.failing.clear();
  expect(await bench.enforce()).toEqual(['a']);
  expect(bench.pool.take()).toEqual(lease);
});

test('fails on an invalid state, and keeps the one before', async () => {
  const bench = new Bench();
  bench.open('a');
  await bench.enforce();
  const running = [{ protocol: 'tcp', destination: 'nowhere', ports: '1' } as const];
  expect(() => bench.namespaces.replace({ ...network(), spaces: { space: { running, staging: [] } } })).toThrow(
    'not an IPv4 address: "nowhere"',
  );
  expect(await bench.enforce()).toEqual([]);
});
