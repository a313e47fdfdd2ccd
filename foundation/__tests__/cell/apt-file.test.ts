import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { aptArguments, parseAptFile } from '../../src/cell/buildpacks';

test("the proxy's own file lists its packages", () => {
  const text = readFileSync(join(__dirname, '../../../squid/apt.yml'), 'utf8');
  expect(parseAptFile(text)).toEqual(['squid-openssl', 'mawk']);
});

test.each([
  ['an option', 'packages: [--allow-unauthenticated]', '"--allow-unauthenticated" is not the name'],
  ['an address', 'packages: [https://example.org/a.deb]', '"https://example.org/a.deb" is not the name'],
  ['no package', 'packages: []', 'a list of packages and nothing else'],
  ['a repository', 'packages: [jq]\nrepos: [deb https://example.org main]', 'a list of packages and nothing else'],
  ['nothing', '', 'a list of packages and nothing else'],
  ['no YAML', '"', "the local stack can't use apt.yml"],
])('%s is refused with the reason', (_, text, reason) => expect(() => parseAptFile(text)).toThrow(reason));

test("a package without the file is refused with the buildpack's message", () =>
  expect(() => parseAptFile(undefined)).toThrow('Apt buildpack requires apt.yml'));

test("the stack uses its own mirrors, or the machine's", () => {
  expect(aptArguments()).toEqual([]);
  expect(aptArguments(['deb http://a bookworm main', 'deb http://b bookworm main'])).toEqual([
    '--sources',
    'deb http://a bookworm main\ndeb http://b bookworm main',
  ]);
});
