import { readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import type { Metafile } from 'esbuild';
import { REPOSITORY } from './platform';

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
      const { name, version, license } = JSON.parse(
        readFileSync(join(REPOSITORY, folder, 'package.json'), 'utf8'),
      ) as BundledPackage;
      return { name, version, license };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

const purl = ({ name, version }: Pick<BundledPackage, 'name' | 'version'>): string =>
  `pkg:npm/${name.replace('@', '%40')}@${version}`;

/**
 * A package's bill of materials, for scanners.
 *
 * @param created when the release was created
 * @see https://spdx.github.io/spdx-spec/v2.3/
 */
export function packageSbom(own: BundledPackage, parts: readonly BundledPackage[], created: Date): object {
  const idOf = ({ name, version }: BundledPackage): string =>
    `SPDXRef-${`${name}-${version}`.replace(/[^A-Za-z0-9.-]/g, '-')}`;
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: `${own.name}-${own.version}`,
    documentNamespace: `https://spdx.org/spdxdocs/${own.name}-${own.version}`,
    creationInfo: { created: created.toISOString().replace(/\.\d+Z$/, 'Z'), creators: [`Tool: ${own.name}`] },
    packages: [own, ...parts].map((one) => ({
      SPDXID: idOf(one),
      name: one.name,
      versionInfo: one.version,
      downloadLocation: 'NOASSERTION',
      filesAnalyzed: false,
      licenseConcluded: 'NOASSERTION',
      licenseDeclared: one.license,
      copyrightText: 'NOASSERTION',
      externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl(one) }],
    })),
    relationships: [
      { spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'DESCRIBES', relatedSpdxElement: idOf(own) },
      ...parts.map((one) => ({
        spdxElementId: idOf(own),
        relationshipType: 'CONTAINS',
        relatedSpdxElement: idOf(one),
      })),
    ],
  };
}
