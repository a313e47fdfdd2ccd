import { readArguments } from '../../tools/proxy-image';
import { changesBetween, type DebianPackage, readPackages, spdxOf } from '../../tools/spdx';

test('a repository is required, and options for its image', () => {
  expect(readArguments(['ghcr.io/team/egress-proxy'])).toEqual({
    repository: 'ghcr.io/team/egress-proxy',
    push: false,
  });
  expect(readArguments(['localhost:5000/proxy', '--sbom', 'a.json', '--push'])).toEqual({
    repository: 'localhost:5000/proxy',
    sbom: 'a.json',
    push: true,
  });
});

test.each([[], ['egress-proxy'], ['ghcr.io/team/egress-proxy:1'], ['GHCR.io/team/proxy'], ['a/b', 'c/d']])(
  'without exactly one valid repository, nothing is built: %s',
  (...args: string[]) => {
    expect(() => readArguments(args)).toThrow('is not a repository');
  },
);

const OUTPUT = [
  'ii \tsquid-openssl\t5.7-2+deb12u6\tamd64\tsquid\tLuigi Gangitano <luigi@debian.org>',
  'ii \tlibc6\t2.36-9+deb12u13\tamd64\tglibc\tGNU Libc Maintainers <debian-glibc@lists.debian.org>',
  'rc \tgone\t1\tall\tgone\tNobody <nobody@debian.org>',
  '',
].join('\n');
const packages = readPackages(OUTPUT);

test("packages that dpkg has installed are listed, and those that it has removed aren't", () => {
  expect(packages.map(({ name, version, source }) => [name, version, source])).toEqual([
    ['squid-openssl', '5.7-2+deb12u6', 'squid'],
    ['libc6', '2.36-9+deb12u13', 'glibc'],
  ]);
});

test('the bill of materials has the fields that SPDX 2.3 requires, and a package URL for each package', () => {
  const created = new Date('2026-11-24T10:00:00.123Z');
  const spdx = spdxOf({
    image: 'ghcr.io/team/egress-proxy:1',
    id: 'sha256:00ff',
    created,
    release: 'bookworm',
    packages,
  });
  expect(spdx).toMatchObject({
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    documentNamespace: 'https://spdx.org/spdxdocs/ghcr.io/team/egress-proxy:1-00ff',
    creationInfo: { created: '2026-11-24T10:00:00Z' },
  });
  const { packages: listed, relationships } = spdx as {
    packages: { SPDXID: string; downloadLocation: string; externalRefs?: { referenceLocator: string }[] }[];
    relationships: { relatedSpdxElement: string }[];
  };
  expect(listed.map(({ externalRefs = [] }) => externalRefs.map(({ referenceLocator }) => referenceLocator))).toEqual([
    [],
    ['pkg:deb/debian/squid-openssl@5.7-2%2Bdeb12u6?arch=amd64&distro=bookworm'],
    ['pkg:deb/debian/libc6@2.36-9%2Bdeb12u13?arch=amd64&distro=bookworm'],
  ]);
  expect(
    listed.every(({ SPDXID, downloadLocation }) => /^SPDXRef-[A-Za-z0-9.-]+$/.test(SPDXID) && downloadLocation),
  ).toBe(true);
  expect(relationships.map(({ relatedSpdxElement }) => relatedSpdxElement)).toEqual(listed.map(({ SPDXID }) => SPDXID));
});

test('changed versions, new packages, and removed ones are reported, and nothing else', () => {
  const [squid, libc] = packages as [DebianPackage, DebianPackage];
  expect(changesBetween(packages, packages)).toEqual([]);
  expect(
    changesBetween(
      [squid, libc],
      [
        { ...squid, version: '6' },
        { ...libc, name: 'musl' },
      ],
    ),
  ).toEqual([
    'libc6: 2.36-9+deb12u13 to not there',
    'musl: not there to 2.36-9+deb12u13',
    'squid-openssl: 5.7-2+deb12u6 to 6',
  ]);
});
