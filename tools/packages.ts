import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import docker from '@cdktf/provider-docker/package.json';
import type { Metafile } from 'esbuild';
import manifest from '../package.json';
import { REPOSITORY } from './platform';

/** A CDK that the library is published for: the same sources, with other names in their imports. */
export interface Edition {
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

export const DIST = join(REPOSITORY, 'dist');

export const HOMEPAGE: string = manifest.repository.url.replace(/^git\+/, '').replace(/\.git$/, '');

export const COMMON = {
  version: manifest.version,
  license: manifest.license,
  homepage: `${HOMEPAGE}#readme`,
  bugs: `${HOMEPAGE}/issues`,
  repository: manifest.repository,
  keywords: manifest.keywords,
  engines: manifest.engines,
} as const;

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

/** The section of the repository's README for a package's page. */
const SECTION = 'Use the library';

/** The library's page in an edition: the README's section, with the edition's names in its code. */
export function packageReadme({ name, peers }: Edition): string {
  const own = EDITIONS[0];
  const code = (text: string): string =>
    text.replaceAll(own?.name ?? '', name).replace(/(?<=[ '])cdktf(?=[ '])/g, peers.cdktf.name);
  const body = withWholeLinks(section(readFileSync(join(REPOSITORY, 'README.md'), 'utf8'), SECTION));
  return `# ${name}\n\n${body.replace(/^```[^]*?^```/gm, code)}\n\nMore is in [the repository](${HOMEPAGE}).\n`;
}

/** The content below a second-level heading, up to the next one. */
export function section(page: string, heading: string): string {
  const [, text] = page.split(`\n## ${heading}\n`);
  if (text === undefined) throw new Error(`the page has no section "${heading}"`);
  return (text.split(/\n## /)[0] ?? '').trim();
}

/** A registry shows only this page, so links point to the files of the release. */
export const withWholeLinks = (text: string): string =>
  text.replace(/\]\((?![a-z]+:|#)([^)\s]+)\)/g, (_all, target: string) => {
    return `](${HOMEPAGE}/blob/v${COMMON.version}/${posix.normalize(target)})`;
  });

/** What `ProxyImage` and its users need, a twentieth of the package. */
const RESOURCES = ['provider', 'image', 'registry-image', 'data-docker-registry-image'] as const;

const FOLDER = 'node_modules/@cdktf/provider-docker';

const NOTICE = `The compiled bindings of \`${docker.name}\` ${docker.version}: ${RESOURCES.join(', ')}. The names of the
packages that they import are changed for the CDK of this package. The index has only these.

They are under the Mozilla Public License 2.0 (LICENSE in this folder). The source is at
${docker.repository.url.replace(/\.git$/, '')}/tree/v${docker.version}.
`;

/** The bindings of the docker provider, by their path in the library, and what a bill of materials must name. */
export function dockerBindings(): { readonly files: ReadonlyMap<string, string>; readonly built: Metafile } {
  const read = (path: string): string => readFileSync(join(REPOSITORY, FOLDER, path), 'utf8');
  const names = RESOURCES.map((path) => [path.replace(/-(.)/g, (_all, letter: string) => letter.toUpperCase()), path]);
  const index = {
    // Node.js finds the names of a CommonJS module by such assignments.
    'index.js': ["'use strict';", ...names.map(([name, path]) => `exports.${name} = require('./${path}/index');`)],
    'index.d.ts': names.map(([name, path]) => `export * as ${name} from './${path}/index';`),
  };
  const paths = RESOURCES.flatMap((path) => ['js', 'd.ts'].map((suffix) => `${path}/index.${suffix}`));
  const files = new Map([
    ...paths.map((path) => [path, read(`lib/${path}`)] as const),
    ...Object.entries(index).map(([path, lines]) => [path, `${lines.join('\n')}\n`] as const),
    ['LICENSE', read('LICENSE')],
    ['README.md', NOTICE],
  ]);
  return {
    files: new Map([...files].map(([path, text]) => [posix.join('docker', path), text])),
    built: {
      inputs: Object.fromEntries(paths.map((path) => [`${FOLDER}/lib/${path}`, { bytes: 0, imports: [] }])),
      outputs: {},
    },
  };
}
