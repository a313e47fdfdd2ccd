import type { Settings } from '../settings';
import { aptArguments, parseAptFile } from './apt-file';
import { chooseBuildpacks, type FinalBuildpack } from './buildpacks';
import { StagingError } from './cell';
import { fetchRelease } from './node-release';
import { PUBLIC_REGISTRY, type NpmRegistry } from './npm-registry';
import type { PackageArchive } from './package-archive';
import { parseStaticFile } from './static-file';

const OPEN = 'let the staging groups of the space open that';

/** What the buildpacks bring. */
export interface Supply {
  readonly buildpack: FinalBuildpack;
  /** What is started where neither Procfile nor manifest says it. */
  readonly processTypes: Readonly<Record<string, string>>;
  /** The stack's program that does its work. */
  readonly command: readonly string[];
  /** Files of the foundation that it needs, by name. */
  readonly files: Readonly<Record<string, string>>;
  /** Where it gets packages, and what helps where it doesn't. */
  readonly asks?: string;
}

export interface SupplyOptions {
  readonly registry: NpmRegistry;
  readonly settings: Pick<Settings, 'npmRegistry' | 'aptSources'>;
  readonly tell: (line: string) => void;
}

type Work = Omit<Supply, 'buildpack'>;
type Supplier = (files: PackageArchive, options: SupplyOptions) => Work | Promise<Work>;

interface Manifest {
  readonly engines?: { readonly node?: string };
}

const NOTHING = { processTypes: {}, files: {} };

const SUPPLIERS: Readonly<Record<FinalBuildpack, Supplier>> = {
  binary: () => ({ ...NOTHING, command: ['true'] }),
  nodejs: async (files, { registry, settings, tell }) => {
    const manifest = await readManifest(files);
    const { node, npm } = await fetchRelease(registry, manifest.engines?.node);
    tell(`Installing node ${node.version} and npm ${npm.version}`);
    return {
      processTypes: { web: 'npm start' },
      command: ['/lifecycle/stage'],
      files: { 'node.tgz': node.tarball, 'npm.tgz': npm.tarball },
      asks:
        `npm asks ${settings.npmRegistry ?? PUBLIC_REGISTRY}; ${OPEN}, or name another with "npm config set ` +
        'registry URL" and start the foundation again',
    };
  },
  python: async (files, { settings, tell }) => {
    const wanted = (await files.read('runtime.txt'))?.trim();
    if (wanted !== undefined) tell(`runtime.txt asks for ${wanted}: the local stack has one Python, Debian's`);
    const pip = files.hasFolder('vendor') ? '' : 'pip asks its index for what is not in vendor/; ';
    return {
      ...NOTHING,
      command: ['/lifecycle/stage-python', ...aptArguments(settings.aptSources)],
      asks: `${pip}${mirrors(settings.aptSources)}`,
    };
  },
  staticfile: async (files, { settings }) => {
    if (files.has('Staticfile.auth')) {
      throw new StagingError(
        'BuildpackCompileFailed - Staticfile.auth asks for passwords, which the local stack does not',
      );
    }
    const { root, directives } = parseStaticFile(await files.read('Staticfile'));
    const command = ['/lifecycle/stage-static', root, ...directives, '--', ...aptArguments(settings.aptSources)];
    return { processTypes: { web: '$HOME/boot.sh' }, files: {}, command, asks: mirrors(settings.aptSources) };
  },
};

/** @throws StagingError where the files or what is asked for don't go */
export async function supplyOf(
  references: readonly string[],
  files: PackageArchive,
  options: SupplyOptions,
): Promise<Supply> {
  const { apt, last } = chooseBuildpacks(references, (name) => files.has(name));
  const work = await SUPPLIERS[last](files, options);
  if (!apt) return { ...work, buildpack: last };
  const { aptSources } = options.settings;
  const packages = parseAptFile(await files.read('apt.yml'));
  return {
    ...work,
    buildpack: last,
    command: ['/lifecycle/stage-apt', ...aptArguments(aptSources), ...packages],
    asks: mirrors(aptSources),
  };
}

const mirrors = (sources: readonly string[] = []): string => {
  const asked = sources.length === 0 ? "the stack's own mirrors" : sources.join(', ');
  return `apt asks ${asked}; ${OPEN}, or start the foundation with EGRESS_APT_SOURCES naming others`;
};

async function readManifest(files: PackageArchive): Promise<Manifest> {
  const text = await files.read('package.json');
  if (text === undefined) {
    throw new StagingError('BuildpackCompileFailed - package.json is missing, which the Node.js buildpack reads');
  }
  if (files.has('yarn.lock')) {
    throw new StagingError(
      'BuildpackCompileFailed - yarn.lock selects yarn, which the local stack does not have; push with package-lock.json',
    );
  }
  try {
    return JSON.parse(text) as Manifest;
  } catch (error) {
    throw new StagingError(`BuildpackCompileFailed - package.json can't be read: ${(error as Error).message}`);
  }
}
