import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { goChecksum, unzip } from '../../tools/download';

let folder: string;
let archive: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zip-file-'));
  archive = join(folder, 'a.zip');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const zip = (files: Record<string, string>): void => {
  writeFileSync(
    archive,
    zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)]))),
  );
};

test('files go where they are placed, and those without a place are left out', async () => {
  zip({ 'x/bin/go': 'program', 'x/README': 'text', 'x/other': 'left out' });
  const out = join(folder, 'out');
  await unzip(archive, out, (name) =>
    name === 'x/other' ? undefined : { path: name.slice(2), program: name.includes('/bin/') },
  );
  expect(readFileSync(join(out, 'bin', 'go'), 'utf8')).toBe('program');
  expect(statSync(join(out, 'bin', 'go')).mode & 0o111).not.toBe(0);
  expect(statSync(join(out, 'README')).mode & 0o111).toBe(0);
  expect(existsSync(join(out, 'other'))).toBe(false);
});

test('a file that would leave its folder is refused', async () => {
  zip({ 'a/b': 'text' });
  const out = join(folder, 'out');
  await expect(unzip(archive, out, () => ({ path: '../escaped', program: false }))).rejects.toThrow(
    'holds a file outside its folder',
  );
  expect(existsSync(join(folder, 'escaped'))).toBe(false);
});

test("a file that isn't an archive is an error", async () => {
  writeFileSync(archive, 'not a zip');
  await expect(unzip(archive, folder, () => undefined)).rejects.toThrow();
});

test('the checksum of a module archive is independent of order and compression, and is of names and contents', async () => {
  const files = { 'm@v1/b': 'two', 'm@v1/a': 'one' };
  zip(files);
  const sum = await goChecksum(archive);
  // The sha256sum of each file, two spaces, and its name; then the sha256sum of these lines, in Base64.
  expect(sum).toBe('h1:QioaE1iy6ZDvqZamf7vDXvT1moS1nWAooMrZ8QpmCNU=');
  writeFileSync(archive, zipSync({ 'm@v1/a': strToU8('one'), 'm@v1/b': strToU8('two') }, { level: 0 }));
  await expect(goChecksum(archive)).resolves.toBe(sum);
  zip({ ...files, 'm@v1/a': 'changed' });
  await expect(goChecksum(archive)).resolves.not.toBe(sum);
});
