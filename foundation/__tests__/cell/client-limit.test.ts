import { ClientLimit } from '../../src/cell/dns-server';

test('each client has its own limit, and can take again what it has given back', () => {
  const shares = new ClientLimit(2);
  expect(['a', 'a', 'a', 'b'].map((who) => shares.take(who))).toEqual([true, true, false, true]);
  shares.giveBack('a');
  expect(['a', 'a'].map((who) => shares.take(who))).toEqual([true, false]);
});
