import { chmodSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import { folderHash, packBits } from '../../../constructs/values/pushed-files';
import { temporaryFolder } from '../../support/temporary-folder';

function folder(files: Readonly<Record<string, string>>): string {
  const made = temporaryFolder();
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(made, path)), { recursive: true });
    writeFileSync(join(made, path), content);
  }
  return made;
}

const names = (path: string, extra?: Record<string, string>) => Object.keys(unzipSync(packBits(path, extra).zip));

test('the same files make the same bytes, whenever and under whatever umask they were written', () => {
  const files = { 'server.js': 'x', 'lib/a.js': 'a', 'lib/b.js': 'b' };
  const [one, two] = [folder(files), folder(Object.fromEntries(Object.entries(files).reverse()))];
  utimesSync(join(two, 'server.js'), 1, 1);
  chmodSync(join(two, 'server.js'), 0o600);
  expect(packBits(two)).toEqual(packBits(one));
});

test('content, name and the executable bit of a file make other bytes', () => {
  const base = { 'a.sh': 'x', b: 'y' };
  const executable = folder(base);
  chmodSync(join(executable, 'a.sh'), 0o755);
  const hashes = [folder(base), folder({ ...base, b: 'z' }), folder({ 'a.sh': 'x', c: 'y' }), executable].map(
    (path) => packBits(path).sha256,
  );
  expect(new Set(hashes).size).toBe(4);
});

test('entries are in order, whatever the order of the folder', () => {
  expect(names(folder({ b: '', 'a/z': '', 'a/b': '', A: '' }), { '.profile.d/x.sh': '' })).toEqual([
    '.profile.d/x.sh',
    'A',
    'a/b',
    'a/z',
    'b',
  ]);
});

test('what the cf command line leaves out and installed packages are not pushed', () => {
  const path = folder({
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
  const path = folder({
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
  const { zip } = packBits(folder({ 'server.js': 'x' }), { '.profile.d/proxy.sh': 'export A=1\n' });
  expect(strFromU8(unzipSync(zip)['.profile.d/proxy.sh'] ?? new Uint8Array())).toBe('export A=1\n');
});

test('a link to a file inside the folder is pushed as that file', () => {
  const path = folder({ 'a.txt': 'content' });
  symlinkSync('a.txt', join(path, 'link.txt'));
  expect(strFromU8(unzipSync(packBits(path).zip)['link.txt'] ?? new Uint8Array())).toBe('content');
});

test.each([
  ['out of the folder', '/etc/hostname'],
  ['to nothing', 'missing'],
  ['to a folder', '.'],
])('fails for a link %s', (_what, target) => {
  const path = folder({ 'a.txt': '' });
  symlinkSync(target, join(path, 'link'));
  expect(() => packBits(path)).toThrow(`${join(path, 'link')} can't be pushed`);
});

test('fails for an extra file that would overwrite one', () => {
  const path = folder({ '.profile.d/proxy.sh': '' });
  expect(() => packBits(path, { '.profile.d/proxy.sh': '' })).toThrow(
    '.profile.d/proxy.sh is added to every push, rename yours',
  );
});

test("a folder's hash follows names, content and the executable bit, and nothing else", () => {
  const base = { Dockerfile: 'FROM x', 'lib/a': '1' };
  const [one, two, executable] = [folder(base), folder(base), folder(base)];
  utimesSync(join(two, 'Dockerfile'), 1, 1);
  chmodSync(join(executable, 'lib/a'), 0o755);
  expect(folderHash(two)).toBe(folderHash(one));
  const others = [executable, folder({ ...base, 'lib/a': '2' }), folder({ Dockerfile: 'FROM x', 'lib/b': '1' })];
  expect(new Set([one, ...others].map(folderHash)).size).toBe(4);
});
