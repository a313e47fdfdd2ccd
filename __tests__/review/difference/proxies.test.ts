import { difference } from '../../../review/difference/difference';
import type { Facts } from '../../../review/model/facts';
import { Model } from '../../../review/model/model';
import { Names } from '../../../review/model/names';
import { application, CLIENT, policy, recipe } from '../support/facts';

afterEach(() => jest.restoreAllMocks());

/** Two proxies with a list each, and clients that can use both. */
function shared(clients: number): Facts {
  const names = Array.from({ length: clients }, (_, index) => `client-${index}`);
  const proxies = ['one', 'two'];
  return recipe('', {
    applications: [
      ...proxies.map((name) => application(`outside/${name}`, { EGRESS_ALLOW: `${name}.example.gov:443` })),
      ...names.map((name) => application(`inside/${name}`, CLIENT)),
    ],
    policies: names.flatMap((name) => proxies.map((proxy) => policy(`inside/${name}`, `outside/${proxy}`))),
  });
}

test('what a proxy opens or closes is computed once for all clients that can reach the same', () => {
  const worked = (clients: number): number[] => {
    const spies = (['parts', 'covers', 'union', 'minus'] as const).map((name) => jest.spyOn(Names.prototype, name));
    const [all, none] = [new Model(shared(clients)), new Model({ ...shared(clients), policies: [] })];
    const both = [difference(none, all), difference(all, none)];
    const told = both.map((changes) => changes.filter(({ way }) => way === 'proxy').map(({ who }) => who.length));
    expect(told).toEqual([
      [clients, clients],
      [clients, clients],
    ]);
    const calls = spies.map((spy) => spy.mock.calls.length);
    jest.restoreAllMocks();
    return calls;
  };
  const few = worked(2);
  expect(few[0]).toBeGreaterThan(0);
  expect(worked(40)).toEqual(few);
});
