import { addresses, INTERNET, EVERY_ADDRESS } from '../../review/model/addresses';
import { SPECIAL_BLOCKS } from './special-addresses';

test('each block of the list says what is there and who says so', () => {
  expect(SPECIAL_BLOCKS.length).toBeGreaterThan(50);
  for (const { network, kind, what, source } of SPECIAL_BLOCKS) {
    expect([network, kind]).toEqual([
      expect.stringMatching(/^[0-9a-f:.]+\/\d+$/),
      expect.stringMatching(/^(closed|metadata|elsewhere)$/),
    ]);
    expect([what, source]).toEqual([expect.stringMatching(/./), expect.stringMatching(/RFC \d+|https:/)]);
  }
});

test("the review's internet is what the proxy opens, plus the blocks that a local foundation can use", () => {
  const closed = SPECIAL_BLOCKS.filter(({ kind, network }) => kind !== 'elsewhere' && !network.includes(':'));
  const open = EVERY_ADDRESS.minus(addresses(closed.map(({ network }) => network).join(',')));
  expect(INTERNET.ranges).toEqual(open.ranges);
});
