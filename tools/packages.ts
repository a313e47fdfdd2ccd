import { join } from 'node:path';
import docker from '@cdktf/provider-docker/package.json';
import manifest from '../package.json';
import { REPOSITORY } from './platform';

/** A CDK that the library is published for: the same sources, with other names in their imports. */
export interface Edition {
  /** The package of the library. */
  readonly name: string;
  /** What users install themselves, by the name under which the sources import it. */
  readonly peers: Readonly<Record<'cdktf' | 'constructs', Peer>>;
}

interface Peer {
  readonly name: string;
  readonly range: string;
}

/** The published editions of the library. `constructs` is in the range that the CDK itself requires. */
export const EDITIONS: readonly Edition[] = [
  {
    name: 'cdktf-space-egress',
    peers: {
      cdktf: { name: 'cdktf', range: '^0.21.0' },
      constructs: { name: 'constructs', range: '^10.4.2' },
    },
  },
  {
    name: 'cdktn-space-egress',
    peers: {
      cdktf: { name: 'cdktn', range: '^0.24.0' },
      constructs: { name: 'constructs', range: '>=10.6.0 <10.8.0' },
    },
  },
];

/** The package with only the command. */
export const COMMAND = 'space-egress';

/**
 * The bindings of each provider, and their folder in the library. They are part of it because the scope isn't ours to
 * publish in, and the successor of cdktf has no such packages.
 */
export const BINDINGS = {
  '@cdktf/provider-cloudfoundry': 'cloudfoundry',
  '@cdktf/provider-docker': 'docker',
} as const;

/** The file of each entry of the library, without its suffix; `*` is one resource of a provider. */
export const ENTRIES: Readonly<Record<string, string>> = {
  '.': 'constructs/index',
  './checks': 'constructs/checks',
  './proxy-image': 'constructs/proxy-image',
  './cloudfoundry': 'cloudfoundry/index',
  './cloudfoundry/*': 'cloudfoundry/*/index',
  './docker': 'docker/index',
  './docker/*': 'docker/*/index',
};

/** Where packages are built. */
export const DIST = join(REPOSITORY, 'dist');

/** The project's home page. */
export const HOMEPAGE: string = manifest.repository.url.replace(/^git\+/, '').replace(/\.git$/, '');

/** Metadata that all published packages share. */
export const COMMON = {
  version: manifest.version,
  license: manifest.license,
  homepage: `${HOMEPAGE}#readme`,
  bugs: `${HOMEPAGE}/issues`,
  repository: manifest.repository,
  keywords: manifest.keywords,
  engines: manifest.engines,
} as const;

/** The `package.json` of the library in an edition. */
export function libraryManifest({ name, peers }: Edition): object {
  const files = Object.entries(ENTRIES);
  return {
    name,
    description: manifest.description,
    ...COMMON,
    // The docker bindings have the license of the package that they come from.
    license: `${COMMON.license} AND ${docker.license}`,
    type: 'commonjs',
    main: './lib/constructs/index.js',
    types: './lib/constructs/index.d.ts',
    bin: { [COMMAND]: 'lib/bin/space-egress.js' },
    exports: {
      ...Object.fromEntries(
        files.map(([entry, file]) => [entry, { types: `./lib/${file}.d.ts`, default: `./lib/${file}.js` }]),
      ),
      './package.json': './package.json',
    },
    // For `moduleResolution: node10`, which cdktf's own templates use and which ignores `exports`.
    typesVersions: {
      '*': Object.fromEntries(
        files.filter(([entry]) => entry !== '.').map(([entry, file]) => [entry.slice(2), [`lib/${file}.d.ts`]]),
      ),
    },
    sideEffects: false,
    files: ['lib', 'api', 'CHANGELOG.md'],
    peerDependencies: Object.fromEntries(Object.values(peers).map((peer) => [peer.name, peer.range])),
  };
}
