import { TerraformVariable } from 'cdktf';
import { releaseHash } from '../../constructs/private/release';
import { textOf } from '../../constructs/private/tokens';
import { synthStack } from '../support/synth';

/** The hashes of lists of variables, given by name. */
function hashes(...releases: readonly (readonly string[])[]): string[] {
  const found: string[] = [];
  synthStack((stack) => {
    const values = new Map(
      [...new Set(releases.flat())].map((name) => [name, new TerraformVariable(stack, name, {}).stringValue]),
    );
    const release = (names: readonly string[]) => JSON.stringify(names.map((name) => values.get(name)));
    found.push(...releases.map((names) => textOf(stack, releaseHash(release(names)))));
  });
  return found;
}

test('an expression in several places is hashed once', () => {
  const [hash = ''] = hashes(['one', 'one', 'other']);
  expect(hash.split('var.one')).toHaveLength(2);
});

test('the same expressions in other places make a different release', () => {
  const all = hashes(['one', 'one', 'other'], ['one', 'other', 'one'], ['one', 'other', 'other'], ['one', 'other']);
  expect(new Set(all).size).toBe(all.length);
});
