import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildEntry, GO_TOOL_NAMES, goModule, requiredVersion } from '../../tools/go-module';
import { entryName } from '../../tools/cache';
import { canBuild, goProxy } from '../../tools/go-toolchain';
import { REPOSITORY } from '../../tools/platform';
import { BOUND_PROVIDER } from '../../tools/provider-schema';

test('every folder of tools/go is a module that can be built, and no other', () => {
  expect(readdirSync(join(REPOSITORY, 'tools', 'go')).sort()).toEqual([...GO_TOOL_NAMES].sort());
});

test.each(GO_TOOL_NAMES)('%s has a release number, since mirrors and caches are named after it', (name) => {
  expect(goModule(name).version).toMatch(/^\d+\.\d+\.\d+$/);
});

test('the provider that is built is the one that the bindings come from', () => {
  expect(goModule('cloudfoundry').version).toBe(BOUND_PROVIDER.version);
});

test('a program for another processor, or with other pinned versions, is another cache entry', () => {
  const module = goModule('versitygw');
  const linux = { os: 'linux', arch: 'amd64' };
  const name = (changed: object, platform = linux): string => {
    const entry = buildEntry({ ...module, ...changed }, platform);
    return `${entry.tool}/${entryName(entry)}`;
  };
  const names = [
    name({}),
    name({}, { os: 'linux', arch: 'arm64' }),
    name({}, { os: 'darwin', arch: 'amd64' }),
    name({ files: [...module.files, 'more'] }),
    name({ ldflags: '-s' }),
  ];
  expect(new Set(names).size).toBe(names.length);
});

test('a version is that of the module, not of one with a longer name', () => {
  const goMod = 'module x\n\nrequire (\n\texample.org/a/v2 v2.0.0 // indirect\n\texample.org/a v1.2.3 // indirect\n)\n';
  expect(requiredVersion(goMod, 'example.org/a')).toBe('1.2.3');
  expect(requiredVersion('require example.org/a v1.0.0', 'example.org/a')).toBe('1.0.0');
  expect(() => requiredVersion(goMod, 'example.org/b')).toThrow('requires no "example.org/b"');
});

test.each([
  ['go version go1.19.8 linux/amd64', false],
  ['go version go1.20.14 linux/amd64', false],
  ['go version go1.21.0 linux/amd64', true],
  ['go version go1.26.8 linux/amd64', true],
  ['go version go2.0 linux/amd64', true],
  ['', false],
])('%j can build the modules: %j', (output, can) => {
  expect(canBuild(output)).toBe(can);
});

test.each([
  [undefined, 'https://proxy.golang.org'],
  ['', 'https://proxy.golang.org'],
  ['off', 'https://proxy.golang.org'],
  ['https://goproxy.example,direct', 'https://goproxy.example'],
  ['direct|https://goproxy.example', 'https://goproxy.example'],
])('GOPROXY=%j means the proxy %s', (value, proxy) => {
  expect(goProxy({ GOPROXY: value })).toBe(proxy);
});
