import type { Settings } from '../settings';
import { aptArguments, chooseBuildpacks, type FinalBuildpack, parseAptFile, parseStaticFile } from './buildpacks';
import { StagingError } from './cell';
import { fetchRelease } from './node-release';
import { type NpmRegistry, PUBLIC_REGISTRY } from './npm-registry';
import type { PackageArchive } from './package-archive';

const OPEN = "allow that in the space's staging security groups";

/** The contribution of the buildpacks to staging. */
export interface Supply {
  readonly buildpack: FinalBuildpack;
  /** Default start commands, if neither Procfile nor manifest sets one. */
  readonly processTypes: Readonly<Record<string, string>>;
  /** The stack's program that does the buildpack's work. */
  readonly command: readonly string[];
  /** The foundation's files that it needs, by name. */
  readonly files: Readonly<Record<string, string>>;
  /** Where it downloads packages from, and what to do if it can't. */
  readonly asks?: string;
}

interface SupplyOptions {
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
        `npm downloads from ${settings.npmRegistry ?? PUBLIC_REGISTRY}; ${OPEN}, or set another with ` +
        '"npm config set registry URL" and restart the foundation',
    };
  },
  python: async (files, { settings, tell }) => {
    const wanted = (await files.read('runtime.txt'))?.trim();
    if (wanted !== undefined) tell(`runtime.txt requests ${wanted}, but the local stack has only Debian's Python`);
    const pip = files.hasFolder('vendor') ? '' : 'pip downloads from its index; ';
    return {
      ...NOTHING,
      command: ['/lifecycle/stage-python', ...aptArguments(settings.aptSources)],
      asks: `${pip}${mirrors(settings.aptSources)}`,
    };
  },
  staticfile: async (files, { settings }) => {
    if (files.has('Staticfile.auth')) {
      throw new StagingError(
        'BuildpackCompileFailed - the local stack does not support passwords in Staticfile.auth; remove the file',
      );
    }
    const { root, directives } = parseStaticFile(await files.read('Staticfile'));
    const command = ['/lifecycle/stage-static', root, ...directives, '--', ...aptArguments(settings.aptSources)];
    return { processTypes: { web: '$HOME/boot.sh' }, files: {}, command, asks: mirrors(settings.aptSources) };
  },
};

/** @throws StagingError if the files or buildpacks aren't supported */
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
  return `apt downloads from ${asked}; ${OPEN}, or start the foundation with other mirrors in EGRESS_APT_SOURCES`;
};

async function readManifest(files: PackageArchive): Promise<Manifest> {
  const text = await files.read('package.json');
  if (text === undefined) {
    throw new StagingError('BuildpackCompileFailed - package.json is missing; the Node.js buildpack needs it');
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
