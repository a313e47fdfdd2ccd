import { bundle, ENTRY_POINTS, imageTag } from '../../src/local/image';

describe('the tag of an image', () => {
  const file = { name: 'a', content: 'b', mode: 0o644 };
  const tag = (...files: object[]): string => imageTag({ repository: 'r', files: files as (typeof file)[] });

  it('is the same for the same files, and changes with a name, a mode, or a byte', () => {
    const tags = [
      [file],
      [{ ...file, name: 'b' }],
      [{ ...file, mode: 0o755 }],
      [{ ...file, content: 'c' }],
      [file, file],
    ];
    expect(new Set(tags.map((files) => tag(...files))).size).toBe(tags.length);
    expect(tag({ ...file })).toBe(tag(file));
    expect(tag({ ...file, content: Buffer.from('b') })).toBe(tag(file));
  });

  it('does not confuse the end of one file with the start of the next', () =>
    expect(tag({ name: 'a', content: 'xy' }, { name: 'b', content: '' })).not.toBe(
      tag({ name: 'a', content: 'x' }, { name: 'b', content: 'y' }),
    ));
});

describe('the programs of the image', () =>
  it('are complete files that are the same each time, since the tag depends on them', async () => {
    const entryPoints = { main: ENTRY_POINTS.internet, internet: ENTRY_POINTS.internet };
    const [one, other] = await Promise.all([bundle(entryPoints), bundle(entryPoints)]);
    expect(one).toEqual(other);
    expect(one.map(({ name }) => name)).toEqual(['internet.js', 'main.js']);
  }));
