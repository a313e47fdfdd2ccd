import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { Metafile } from 'esbuild';
import docker from '@cdktf/provider-docker/package.json';
import { REPOSITORY } from './platform';

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
