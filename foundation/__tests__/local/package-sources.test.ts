import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority } from '../../src/authority';
import {
  extraCertificates,
  mirrorsOf,
  parseAptSources,
  parseNpmSettings,
  readAptSources,
} from '../../src/local/package-sources';

test('the lines are those of a sources.list, without comments', () => {
  const text = [
    '# our own',
    'deb http://mirror.example/debian bookworm main',
    '',
    'deb [trusted=yes]  https://mirror.example:8443/security bookworm-security main contrib # and this',
  ].join('\n');
  const lines = parseAptSources(text, 'here');
  expect(lines).toEqual([
    'deb http://mirror.example/debian bookworm main',
    'deb [trusted=yes] https://mirror.example:8443/security bookworm-security main contrib',
  ]);
  expect(mirrorsOf(lines)).toEqual(['http://mirror.example/debian', 'https://mirror.example:8443/security']);
});

test.each([
  ['', 'here has no sources: add a line deb URL SUITE COMPONENT...'],
  ['# nothing', 'here has no sources'],
  ['deb-src http://a.example/ bookworm main', "here has 'deb-src http://a.example/ bookworm main': write deb URL"],
  ['deb file:/srv/mirror bookworm main', 'with http or https'],
  ['deb http://a.example/ bookworm', 'write deb URL SUITE COMPONENT...'],
  ['Types: deb', 'write deb URL SUITE COMPONENT...'],
  ['deb http://me:secret@a.example/ bookworm main', 'here has credentials for a.example: staging logs its mirrors'],
])('%j is refused', (text, message) => {
  expect(() => parseAptSources(text, 'here')).toThrow(message);
  expect(() => parseAptSources(text, 'here')).not.toThrow('secret');
});

test('the variable names the file; without it, the stack uses its own mirrors', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'apt-sources-'));
  try {
    const file = join(folder, 'sources.list');
    writeFileSync(file, 'deb http://mirror.example/debian bookworm main\n');
    expect(await readAptSources({ EGRESS_APT_SOURCES: file })).toEqual([
      'deb http://mirror.example/debian bookworm main',
    ]);
    expect(await readAptSources({})).toEqual([]);
    await expect(readAptSources({ EGRESS_APT_SOURCES: join(folder, 'none') })).rejects.toThrow(
      /^EGRESS_APT_SOURCES is '.*none', which can't be read \(.*\): set it to the path of a sources\.list$/,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe("the host's extra certificates", () => {
  it('are those that are not public, each once and in a stable order', async () => {
    const [known, one, other] = await Promise.all(
      ['known', 'one', 'other'].map(async (name) => (await createAuthority(name)).certificate),
    );
    const bundles = [`# a comment\n${known ?? ''}${one ?? ''}`, `${other ?? ''}\n${one ?? ''}`];
    const extra = extraCertificates(bundles, [known ?? '']);
    expect(new Set(extra)).toEqual(new Set([one, other]));
    expect(extra).toHaveLength(2);
    expect(extraCertificates(bundles.reverse(), [known ?? ''])).toEqual(extra);
  });

  it('exclude anything that is not a certificate', () => {
    const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    expect(extraCertificates(['', 'no certificate', broken], [])).toEqual([]);
  });
});

describe("npm's settings", () => {
  it('name a registry only if it is not the public one', () => {
    expect(parseNpmSettings('{"registry":"https://registry.npmjs.org/","cafile":null,"ca":null}')).toEqual({ ca: [] });
    expect(parseNpmSettings('{"registry":"https://npm.example.org/","cafile":"/etc/ca.pem","ca":null}')).toEqual({
      registry: 'https://npm.example.org/',
      cafile: '/etc/ca.pem',
      ca: [],
    });
  });

  it('may contain one or several certificates, with escaped line breaks', () => {
    expect(parseNpmSettings(String.raw`{"ca":"a\\nb"}`).ca).toEqual(['a\nb']);
    expect(parseNpmSettings('{"ca":["a","b"]}').ca).toEqual(['a', 'b']);
  });
});
