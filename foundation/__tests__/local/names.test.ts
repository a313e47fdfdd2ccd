import { requireName, resourceNames } from '../../src/local/plan';

describe('the name of a foundation', () => {
  it.each(['local', 'itest-1', 'a', 'x'.repeat(30)])('may be %s', (name) => expect(requireName(name)).toBe(name));

  it.each(['', 'Local', '1st', '-a', 'a-', 'a--b', 'a_b', 'a.b', 'a b', 'a/b', 'a=b', 'x'.repeat(31), 'ä'])(
    'may not be %j, and the message says what may',
    (name) =>
      expect(() => requireName(name)).toThrow(
        `not a name for a foundation: ${JSON.stringify(name)}; use at most 30 lower-case letters, digits and single hyphens`,
      ),
  );

  it('is a part of all its names in the engine', () =>
    expect(resourceNames('two')).toEqual({
      container: 'space-egress-two',
      volume: 'space-egress-two',
      overlay: 'space-egress-two-overlay',
      internet: 'space-egress-two-internet',
    }));
});
