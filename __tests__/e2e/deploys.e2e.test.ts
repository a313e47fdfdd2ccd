import { findOnPath } from '../../tools/command';
import type { EngineName } from '../../tools/engine';
import { StackFailure } from '../../tools/stack';
import { Demo, type Edit } from './support/demo';
import { differences, wrongStack } from './support/exactness';

jest.setTimeout(15 * 60_000);

/** Adds a probe of another stack's proxy. */
const strange = (proxy: string): Edit => [
  'demoProbes(space.egress, target, config.foundation !== undefined)',
  `[
    ...demoProbes(space.egress, target, config.foundation !== undefined),
    { name: 'the other proxy', url: 'http://${proxy}.apps.internal:3128/', way: 'direct' as const, expect: 'refused' as const },
  ]`,
];

/** Changes the names that must be unique on a foundation. */
const others: readonly Edit[] = [
  ["host: 'egress-demo'", "host: 'other-demo'"],
  ['internalDomain: config.internalDomain,', "internalDomain: config.internalDomain,\n      host: 'other-proxy',"],
];

describe('two checkouts deploy at once', () => {
  let first: Demo;
  let second: Demo | undefined;

  beforeEach(async () => {
    first = await Demo.open();
    await first.stack.destroyIfDeployed();
  });

  afterEach(() => second?.stack.destroyIfDeployed());

  it('two stacks, and each gets exactly its own resources', async () => {
    second = first.beside({ EGRESS_RESTRICTED_SPACE: 'other-restricted', EGRESS_PUBLIC_SPACE: 'other-egress' });
    first.edit(strange('other-proxy'));
    second.edit(...others, strange('egress-proxy'));
    await Promise.all([first.deploy(), second.deploy()]);
    expect(await wrongStack(second, 'other-demo')).toEqual([]);
    expect(await differences(first)).toEqual([]);
  });

  it('one stack, and existing resources are named; once one checkout is destroyed, the other deploys exactly', async () => {
    second = first.beside();
    const ends = await Promise.allSettled([first.stack.deploy(), second.stack.deploy()]);
    const failures = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as StackFailure] : []));
    expect(failures.length).toBeGreaterThan(0);
    for (const failure of failures) {
      expect(failure).toBeInstanceOf(StackFailure);
      expect(failure.message).toMatch(
        /with cloudfoundry_space\.[\s\S]*unique\s+per\s+organization[\s\S]*remedy: .*EGRESS_STATE/,
      );
    }
    const [winner, loser] = ends[0].status === 'fulfilled' ? [first, second] : [second, first];
    await loser.stack.destroy();
    await winner.deploy();
    expect(await differences(winner)).toEqual([]);
    if (winner === second) await winner.stack.destroy();
  });
});

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
