import { readArguments } from '../../tools/proxy-image';

test('a repository is required, and options for its image', () => {
  expect(readArguments(['ghcr.io/team/egress-proxy'])).toEqual({
    repository: 'ghcr.io/team/egress-proxy',
    push: false,
  });
  expect(readArguments(['localhost:5000/proxy', '--sbom', 'a.json', '--push'])).toEqual({
    repository: 'localhost:5000/proxy',
    sbom: 'a.json',
    push: true,
  });
});

test.each([[], ['egress-proxy'], ['ghcr.io/team/egress-proxy:1'], ['GHCR.io/team/proxy'], ['a/b', 'c/d']])(
  'without exactly one valid repository, nothing is built: %s',
  (...args: string[]) => {
    expect(() => readArguments(args)).toThrow('is not a repository');
  },
);
