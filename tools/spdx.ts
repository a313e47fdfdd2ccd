/** What is in an image, as a bill of materials that scanners read. */

/** A package as dpkg has it. */
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

const purl = ({ name, version, architecture }: DebianPackage, release: string): string =>
  `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${architecture}&distro=${release}`;

const idOf = ({ name, architecture }: DebianPackage): string =>
  `SPDXRef-${`${name}-${architecture}`.replace(/[^A-Za-z0-9.-]/g, '-')}`;

/** @see https://spdx.github.io/spdx-spec/v2.3/ */
export function spdxOf({ image, id, created, release, packages }: Described): object {
  const unknown = { downloadLocation: 'NOASSERTION', filesAnalyzed: false, copyrightText: 'NOASSERTION' };
  const licenses = { licenseConcluded: 'NOASSERTION', licenseDeclared: 'NOASSERTION' };
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: image,
    documentNamespace: `https://spdx.org/spdxdocs/${image}-${id.replace(/^sha256:/, '')}`,
    creationInfo: { created: created.toISOString().replace(/\.\d+Z$/, 'Z'), creators: ['Tool: cdktf-space-egress'] },
    packages: [
      {
        SPDXID: 'SPDXRef-image',
        name: image,
        versionInfo: id,
        primaryPackagePurpose: 'CONTAINER',
        ...unknown,
        ...licenses,
      },
      ...packages.map((one) => ({
        SPDXID: idOf(one),
        name: one.name,
        versionInfo: one.version,
        supplier: `Organization: ${one.maintainer}`,
        sourceInfo: `built from the source package ${one.source}`,
        externalRefs: [
          { referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl(one, release) },
        ],
        ...unknown,
        ...licenses,
      })),
    ],
    relationships: [
      { spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'DESCRIBES', relatedSpdxElement: 'SPDXRef-image' },
      ...packages.map((one) => ({
        spdxElementId: 'SPDXRef-image',
        relationshipType: 'CONTAINS',
        relatedSpdxElement: idOf(one),
      })),
    ],
  };
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
