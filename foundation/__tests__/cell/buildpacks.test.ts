import { chooseBuildpacks } from '../../src/cell/buildpacks';

const APT = 'https://github.com/cloudfoundry/apt-buildpack';

test.each([
  [[], { apt: false, last: 'nodejs' }],
  [['nodejs_buildpack'], { apt: false, last: 'nodejs' }],
  [['https://github.com/cloudfoundry/nodejs-buildpack.git#v1.8.30'], { apt: false, last: 'nodejs' }],
  [['binary_buildpack'], { apt: false, last: 'binary' }],
  [[APT, 'binary_buildpack'], { apt: true, last: 'binary' }],
  [[`${APT}.git#v0.3.6`, 'binary_buildpack'], { apt: true, last: 'binary' }],
])('%j is the work of %j', (references, chosen) => {
  expect(chooseBuildpacks(references)).toEqual(chosen);
});

test.each([
  [['https://github.com/somebody/apt-buildpack'], 'https://github.com/somebody/apt-buildpack is not to be had'],
  [['constructor'], 'constructor is not to be had'],
  [[APT], "can't be combined here"],
  [[APT, 'nodejs_buildpack'], "can't be combined here"],
  [['nodejs_buildpack', 'binary_buildpack'], "can't be combined here"],
])('%j is refused, with what there is', (references, message) => {
  expect(() => chooseBuildpacks(references)).toThrow(message);
});
