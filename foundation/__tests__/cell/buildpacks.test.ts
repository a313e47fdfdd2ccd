import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { aptArguments, chooseBuildpacks, parseAptFile, parseStaticFile } from '../../src/cell/buildpacks';
import type { PublishedVersions } from '../../src/cell/npm-registry';
import { parseProcfile } from '../../src/cell/staging';
import { chooseNode, chooseNpm } from '../../src/cell/node-release';

const GITHUB = 'https://github.com/cloudfoundry/';
const APT = `${GITHUB}apt-buildpack`;
const none = (): boolean => false;

test.each([
  [['nodejs_buildpack'], { apt: false, last: 'nodejs' }],
  [[`${GITHUB}nodejs-buildpack.git#v1.8.30`], { apt: false, last: 'nodejs' }],
  [['python_buildpack'], { apt: false, last: 'python' }],
  [[`${GITHUB}staticfile-buildpack`], { apt: false, last: 'staticfile' }],
  [['binary_buildpack'], { apt: false, last: 'binary' }],
  [[APT, 'binary_buildpack'], { apt: true, last: 'binary' }],
  [[`${APT}.git#v0.3.6`, 'binary_buildpack'], { apt: true, last: 'binary' }],
])('%j chooses %j', (references, chosen) => expect(chooseBuildpacks(references, none)).toEqual(chosen));

test.each([
  [['package.json', 'Staticfile'], 'staticfile'],
  [['package.json', 'requirements.txt'], 'nodejs'],
  [['requirements.txt', 'app.py'], 'python'],
])('without named buildpacks, the files %j choose %s', (files, last) =>
  expect(chooseBuildpacks([], (name) => files.includes(name))).toEqual({ apt: false, last }),
);

test("an application that no buildpack detects is refused in the platform's words", () =>
  expect(() => chooseBuildpacks([], (name) => name === 'Gemfile')).toThrow(
    'NoAppDetectedError - An app was not successfully detected by any available buildpack',
  ));

test.each([
  [['https://github.com/somebody/apt-buildpack'], 'https://github.com/somebody/apt-buildpack is not available'],
  [['constructor'], 'constructor is not available'],
  [[APT], "can't be combined here"],
  [[APT, 'nodejs_buildpack'], "can't be combined here"],
  [['nodejs_buildpack', 'binary_buildpack'], "can't be combined here"],
])('%j is refused, with the available buildpacks', (references, message) =>
  expect(() => chooseBuildpacks(references, none)).toThrow(message),
);

test.each([
  [undefined, { root: '.', directives: [] }],
  ['', { root: '.', directives: [] }],
  ['root: dist/public\npushstate: enabled', { root: 'dist/public', directives: ['try_files $uri $uri/ /index.html'] }],
  ['directory: visible\nssi: disabled', { root: '.', directives: ['autoindex on'] }],
])('Staticfile %j is parsed to %j', (text, read) => expect(parseStaticFile(text)).toEqual(read));

test.each([
  ['root: ../secrets', 'root is not a folder of the application: "../secrets"'],
  ['root: /etc', 'root is not a folder of the application: "/etc"'],
  ['location_include: includes/*.conf', 'location_include is not supported: use root, pushstate, directory, ssi'],
  ['"', "the local stack can't use Staticfile"],
])('Staticfile %j is refused with the reason', (text, reason) => expect(() => parseStaticFile(text)).toThrow(reason));

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

const NODES = ['18.20.8', '20.19.0', '22.11.0', '22.20.0', '24.1.0', '26.0.0'];

test.each([
  [undefined, '22.20.0'],
  ['22.x', '22.20.0'],
  ['22.11.0', '22.11.0'],
  ['>=18', '24.1.0'],
  ['20', '20.19.0'],
  ['^26', '26.0.0'],
  ['20 || 22', '22.20.0'],
])('engines.node %j gets %s', (wanted, version) => expect(chooseNode(NODES, wanted)).toBe(version));

test('fails with the value for an invalid range, and for one that nothing matches', () => {
  expect(() => chooseNode(NODES, 'newest')).toThrow(
    'engines.node in package.json is not a range of versions: "newest"',
  );
  expect(() => chooseNode(NODES, '21.x')).toThrow('no match found for 21.x');
});

const dist = { tarball: '', integrity: '' };
const NPMS: PublishedVersions = {
  '10.9.4': { engines: { node: '^18.17.0 || >=20.5.0' }, dist },
  '11.6.0': { engines: { node: '^20.17.0 || >=22.9.0' }, dist },
  '12.0.0': { engines: { node: '^22.22.2 || >=24' }, dist },
  '13.0.0-pre.1': { engines: { node: '>=24' }, dist },
  '1.0.0': { dist },
};

test.each([
  ['18.20.8', '10.9.4'],
  ['22.20.0', '10.9.4'],
  ['24.1.0', '11.6.0'],
  ['26.0.0', '12.0.0'],
])('Node.js %s comes with npm %s', (node, npm) => expect(chooseNpm(NPMS, node)).toBe(npm));

test('fails for a Node.js that no npm supports', () =>
  expect(() => chooseNpm(NPMS, '12.0.0')).toThrow('no npm runs on Node.js 12.0.0'));

test('a Procfile has commands by process type, and other lines are ignored', () =>
  expect(
    parseProcfile('web: node server.js --port $PORT\r\n# web: no\n\nworker:   node worker.js  \nbad line\n:x\n'),
  ).toEqual({ web: 'node server.js --port $PORT', worker: 'node worker.js' }));
