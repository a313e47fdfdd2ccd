import { GROWING } from '../../bench/synth-programs';
import { synth } from '../support/synth';

test.each(GROWING)('$what become the same resources in the library and in plain cdktf', ({ ours, bare }) => {
  const [made, peer] = [ours, bare].map((build) => {
    const stacks = Object.values(
      synth((app) => {
        build(app, 3);
      }),
    );
    return stacks.flatMap(({ addresses }) => addresses.map((address) => address.replace(/\.[^.]*$/, ''))).sort();
  });
  expect(made).toEqual(peer);
});
