import { chooseBuildpacks, parseStaticFile } from '../../src/cell/buildpacks';

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
