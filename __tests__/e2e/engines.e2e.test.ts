import type { EngineName } from '../../tools/engine';
import { findOnPath } from '../../tools/command';
import { Demo } from './support/demo';

jest.setTimeout(15 * 60_000);

/** The other tests use Terraform if it is installed. It can't be built from its modules, but OpenTofu can. */
const other: EngineName = findOnPath('terraform') === undefined ? 'terraform' : 'tofu';

describe(`with ${other}, which no other test deploys with here`, () => {
  const test = other === 'tofu' ? it : it.skip;

  test('row 13: a deploy, a second one that says "No changes", and a destroy that removes the spaces', async () => {
    const demo = await Demo.open(other);
    try {
      await demo.stack.destroyIfDeployed();
      const first = await demo.stack.deploy();
      const second = await demo.stack.deploy();
      const { changes, text } = await demo.stack.plan();
      expect(first).toMatch(/\d+ added, 0 changed, 0 destroyed/);
      expect(second).toContain('No changes.');
      expect({ changes, text }).toEqual({ changes: false, text: expect.stringContaining('No changes.') as string });
    } finally {
      await demo.stack.destroyIfDeployed();
    }
    expect(demo.stack.deployed).toBe(false);
  });
});
