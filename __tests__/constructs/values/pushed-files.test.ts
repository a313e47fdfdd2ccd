import { chmodSync, symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import { folderHash, packBits } from '../../../constructs/values/pushed-files';
import { temporaryFolder } from '../../support/temporary-folder';

const names = (path: string, extra?: Record<string, string>) => Object.keys(unzipSync(packBits(path, extra).zip));

test('the same files make the same bytes, whenever and under whatever umask they were written', () => {
  const files = { 'server.js': 'x', 'lib/a.js': 'a', 'lib/b.js': 'b' };
  const [one, two] = [temporaryFolder(files), temporaryFolder(Object.fromEntries(Object.entries(files).reverse()))];
  utimesSync(join(two, 'server.js'), 1, 1);
  chmodSync(join(two, 'server.js'), 0o600);
  expect(packBits(two)).toEqual(packBits(one));
});

test('content, name and the executable bit of a file make other bytes', () => {
  const base = { 'a.sh': 'x', b: 'y' };
  const executable = temporaryFolder(base);
  chmodSync(join(executable, 'a.sh'), 0o755);
  const hashes = [
    temporaryFolder(base),
    temporaryFolder({ ...base, b: 'z' }),
    temporaryFolder({ 'a.sh': 'x', c: 'y' }),
    executable,
  ].map((path) => packBits(path).sha256);
  expect(new Set(hashes).size).toBe(4);
});

test('entries are in order, whatever the order of the folder', () => {
  expect(names(temporaryFolder({ b: '', 'a/z': '', 'a/b': '', A: '' }), { '.profile.d/x.sh': '' })).toEqual([
    '.profile.d/x.sh',
    'A',
    'a/b',
    'a/z',
    'b',
  ]);
});

test('what the cf command line leaves out and installed packages are not pushed', () => {
  const path = temporaryFolder({
    'server.js': '',
    '.cfignore': '',
    'manifest.yml': '',
    '.gitignore': '',
    '.git/HEAD': '',
    'node_modules/a/index.js': '',
    'packages/b/node_modules/c/index.js': '',
    'lib/manifest.yml': '',
  });
  expect(names(path)).toEqual(['lib/manifest.yml', 'server.js']);
});

test('.cfignore leaves out more, and takes back in', () => {
  const path = temporaryFolder({
    '.cfignore': '*.test.js\n/docs/\n!node_modules\n',
    'server.js': '',
    'server.test.js': '',
    'docs/index.md': '',
    'lib/docs/index.md': '',
    'node_modules/a/index.js': '',
  });
  expect(names(path)).toEqual(['lib/docs/index.md', 'node_modules/a/index.js', 'server.js']);
});

test('extra files are added with their content', () => {
  const { zip } = packBits(temporaryFolder({ 'server.js': 'x' }), { '.profile.d/proxy.sh': 'export A=1\n' });
  expect(strFromU8(unzipSync(zip)['.profile.d/proxy.sh'] ?? new Uint8Array())).toBe('export A=1\n');
});

test('a link to a file inside the folder is pushed as that file', () => {
  const path = temporaryFolder({ 'a.txt': 'content' });
  symlinkSync('a.txt', join(path, 'link.txt'));
  expect(strFromU8(unzipSync(packBits(path).zip)['link.txt'] ?? new Uint8Array())).toBe('content');
});

test.each([
  ['out of the folder', '/etc/hostname'],
  ['to nothing', 'missing'],
  ['to a folder', '.'],
])('fails for a link %s', (_what, target) => {
  const path = temporaryFolder({ 'a.txt': '' });
  symlinkSync(target, join(path, 'link'));
  expect(() => packBits(path)).toThrow(`${join(path, 'link')} can't be pushed`);
});

test('fails for an extra file that would overwrite one', () => {
  const path = temporaryFolder({ '.profile.d/proxy.sh': '' });
  expect(() => packBits(path, { '.profile.d/proxy.sh': '' })).toThrow(
    '.profile.d/proxy.sh is added to every push, rename yours',
  );
});

test("a folder's hash follows names, content and the executable bit, and nothing else", () => {
  const base = { Dockerfile: 'FROM x', 'lib/a': '1' };
  const [one, two, executable] = [temporaryFolder(base), temporaryFolder(base), temporaryFolder(base)];
  utimesSync(join(two, 'Dockerfile'), 1, 1);
  chmodSync(join(executable, 'lib/a'), 0o755);
  expect(folderHash(two)).toBe(folderHash(one));
  const others = [
    executable,
    temporaryFolder({ ...base, 'lib/a': '2' }),
    temporaryFolder({ Dockerfile: 'FROM x', 'lib/b': '1' }),
  ];
  expect(new Set([one, ...others].map(folderHash)).size).toBe(4);
});
