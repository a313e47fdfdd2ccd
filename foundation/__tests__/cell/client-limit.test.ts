import { ClientLimit } from '../../src/cell/client-limit';

test('nobody has more than the limit, whatever others have, and what was given back can be taken again', () => {
  const shares = new ClientLimit(2);
  expect(['a', 'a', 'a', 'b'].map((who) => shares.take(who))).toEqual([true, true, false, true]);
  shares.giveBack('a');
  expect(['a', 'a'].map((who) => shares.take(who))).toEqual([true, false]);
});
