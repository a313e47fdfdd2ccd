import { createAuthority } from '../../src/authority';
import { extraCertificates, parseNpmSettings } from '../../src/local/package-sources';

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
