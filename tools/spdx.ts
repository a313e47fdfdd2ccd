/**
 * What is in an image or a published package, as a bill of materials that scanners read.
 *
 * @see https://spdx.github.io/spdx-spec/v2.3/
 */
import { readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import type { Metafile } from 'esbuild';
import { REPOSITORY } from './platform';

export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly source: string;
  readonly maintainer: string;
}

export interface Described {
  readonly image: string;
  /** Of the image's content. */
  readonly id: string;
  readonly created: Date;
  /** Debian's name of the release, as `bookworm`. */
  readonly release: string;
  readonly packages: readonly DebianPackage[];
}

const FIELDS = ['Package', 'Version', 'Architecture', 'source:Package', 'Maintainer'] as const;

/** What dpkg-query is asked for; `readPackages` reads it. */
export const QUERY = `\${db:Status-Abbrev}\\t${FIELDS.map((field) => `\${${field}}`).join('\\t')}\\n`;

/** Those that are installed; what was removed may have left its settings. */
export function readPackages(output: string): DebianPackage[] {
  return output
    .split('\n')
    .map((line) => line.split('\t'))
    .filter(([status]) => status?.startsWith('ii'))
    .map(([, name = '', version = '', architecture = '', source = '', maintainer = '']) => ({
      ...{ name, version, architecture, source, maintainer },
    }));
}

/** An npm package that is bundled in a published one. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression, or whatever the package says. */
  readonly license: string;
}

const INPUT = /^(.*node_modules\/((?:@[^/]+\/)?[^/]+))\//;

/** The packages whose files a build has read, by name. */
export function bundledPackages(...builds: readonly Metafile[]): BundledPackage[] {
  const folders = new Set(
    builds
      .flatMap(({ inputs }) => Object.keys(inputs))
      .map((input) => INPUT.exec(input.split(sep).join('/'))?.[1])
      .filter((folder) => folder !== undefined),
  );
  return [...folders]
    .map((folder) => {
      const text = readFileSync(join(REPOSITORY, folder, 'package.json'), 'utf8');
      const { name, version, license } = JSON.parse(text) as BundledPackage;
      return { name, version, license };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

const idOf = (...parts: readonly string[]): string => `SPDXRef-${parts.join('-').replace(/[^A-Za-z0-9.-]/g, '-')}`;

const UNKNOWN = {
  downloadLocation: 'NOASSERTION',
  filesAnalyzed: false,
  licenseConcluded: 'NOASSERTION',
  licenseDeclared: 'NOASSERTION',
  copyrightText: 'NOASSERTION',
};

const purl = (referenceLocator: string): object => ({
  externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator }],
});

interface SpdxPackage {
  readonly SPDXID: string;
  readonly name: string;
  readonly versionInfo: string;
  readonly [more: string]: unknown;
}

/** What every document has; the first package contains the others. */
function documentOf(
  { name, namespace, creator, created }: Record<'name' | 'namespace' | 'creator', string> & { readonly created: Date },
  [whole, ...parts]: readonly [SpdxPackage, ...SpdxPackage[]],
): object {
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name,
    documentNamespace: `https://spdx.org/spdxdocs/${namespace}`,
    creationInfo: { created: created.toISOString().replace(/\.\d+Z$/, 'Z'), creators: [`Tool: ${creator}`] },
    packages: [whole, ...parts].map((one) => ({ ...UNKNOWN, ...one })),
    relationships: [
      { spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'DESCRIBES', relatedSpdxElement: whole.SPDXID },
      ...parts.map(({ SPDXID }) => ({
        spdxElementId: whole.SPDXID,
        relationshipType: 'CONTAINS',
        relatedSpdxElement: SPDXID,
      })),
    ],
  };
}

/**
 * A published package's bill of materials, for scanners.
 *
 * @param created when the release was created
 */
export function packageSbom(own: BundledPackage, parts: readonly BundledPackage[], created: Date): object {
  const partOf = ({ name, version, license }: BundledPackage): SpdxPackage => ({
    SPDXID: idOf(name, version),
    name,
    versionInfo: version,
    licenseDeclared: license,
    ...purl(`pkg:npm/${name.replace('@', '%40')}@${version}`),
  });
  const name = `${own.name}-${own.version}`;
  return documentOf({ name, namespace: name, creator: own.name, created }, [partOf(own), ...parts.map(partOf)]);
}

export function spdxOf({ image, id, created, release, packages }: Described): object {
  const namespace = `${image}-${id.replace(/^sha256:/, '')}`;
  return documentOf({ name: image, namespace, creator: 'cdktf-space-egress', created }, [
    { SPDXID: 'SPDXRef-image', name: image, versionInfo: id, primaryPackagePurpose: 'CONTAINER' },
    ...packages.map(({ name, version, architecture, source, maintainer }) => ({
      SPDXID: idOf(name, architecture),
      name,
      versionInfo: version,
      supplier: `Organization: ${maintainer}`,
      sourceInfo: `built from the source package ${source}`,
      ...purl(`pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${architecture}&distro=${release}`),
    })),
  ]);
}

/** One line for each package that is another version than before, new or gone. */
export function changesBetween(before: readonly DebianPackage[], after: readonly DebianPackage[]): string[] {
  const [old, now] = [before, after].map((list) => new Map(list.map(({ name, version }) => [name, version]))) as [
    Map<string, string>,
    Map<string, string>,
  ];
  return [...new Set([...old.keys(), ...now.keys()])].sort().flatMap((name) => {
    const [was, is] = [old.get(name), now.get(name)];
    return was === is ? [] : [`${name}: ${was ?? 'not there'} to ${is ?? 'not there'}`];
  });
}
