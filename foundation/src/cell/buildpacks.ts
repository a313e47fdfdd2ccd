import { parse } from 'yaml';
import { StagingError } from './cell';

/** The buildpacks that the stack itself implements. */
type Buildpack = 'apt' | FinalBuildpack;
/** A buildpack that can come last, since it knows how to start the application. */
export type FinalBuildpack = 'binary' | 'nodejs' | 'python' | 'staticfile';

const REPOSITORIES = 'https://github.com/cloudfoundry/';

/** By name, or by the URL of the platform's repository, whose version is ignored. */
const BUILDPACKS: ReadonlyMap<string, Buildpack> = new Map<string, Buildpack>([
  ...(['staticfile', 'nodejs', 'python', 'binary'] as const).flatMap((one): readonly [string, Buildpack][] => [
    [`${one}_buildpack`, one],
    [`${REPOSITORIES}${one}-buildpack`, one],
  ]),
  [`${REPOSITORIES}apt-buildpack`, 'apt'],
]);

/** In the platform's order of detection: the first whose file exists is used. */
const DETECTED_BY: readonly (readonly [file: string, buildpack: FinalBuildpack])[] = [
  ['Staticfile', 'staticfile'],
  ['package.json', 'nodejs'],
  ['requirements.txt', 'python'],
];

interface ChosenBuildpacks {
  /** Whether the apt buildpack runs first. */
  readonly apt: boolean;
  readonly last: FinalBuildpack;
}

/** Chooses the buildpacks that an application names, or, if it names none, the one whose file was pushed. */
export function chooseBuildpacks(references: readonly string[], has: (file: string) => boolean): ChosenBuildpacks {
  if (references.length === 0) return { apt: false, last: detect(has) };
  const chosen = references.map(buildpackOf);
  const last = chosen.at(-1) ?? 'apt';
  const before = chosen.slice(0, -1);
  if (last === 'apt' || before.some((one) => one !== 'apt') || (before.length > 0 && last !== 'binary')) {
    throw refused(
      `${references.join(', ')} can't be combined here: only binary_buildpack can follow the apt buildpack`,
    );
  }
  return { apt: before.length > 0, last };
}

function detect(has: (file: string) => boolean): FinalBuildpack {
  const [, found] = DETECTED_BY.find(([file]) => has(file)) ?? [];
  if (found === undefined) {
    throw new StagingError('NoAppDetectedError - An app was not successfully detected by any available buildpack');
  }
  return found;
}

function buildpackOf(reference: string): Buildpack {
  const repository = reference.replace(/#.*$/, '').replace(/\.git$/, '');
  const buildpack = BUILDPACKS.get(repository);
  if (buildpack === undefined) {
    throw refused(`${reference} is not available: use one of ${[...BUILDPACKS.keys()].join(', ')}`);
  }
  return buildpack;
}

const refused = (why: string): StagingError =>
  new StagingError(`BuildpackCompileFailed - the local stack implements only a few buildpacks: ${why}`);

const STATICFILE = 'Staticfile';
/** The nginx directive for each setting that is on. */
const DIRECTIVES: Readonly<Record<string, string>> = {
  pushstate: 'try_files $uri $uri/ /index.html',
  directory: 'autoindex on',
  ssi: 'ssi on',
};
/** A folder inside the application's. */
const FOLDER = /^(?!\/)(?!.*\.\.)[\w./ -]+$/;

interface StaticFile {
  readonly root: string;
  readonly directives: readonly string[];
}

/**
 * The settings in `Staticfile` for serving files.
 *
 * @see https://docs.cloudfoundry.org/buildpacks/staticfile/index.html
 */
export function parseStaticFile(text: string | undefined): StaticFile {
  const { root = '.', ...settings } = fieldsOf(text ?? '', STATICFILE);
  if (typeof root !== 'string' || !FOLDER.test(root))
    throw unusable(STATICFILE, `root is not a folder of the application: ${JSON.stringify(root)}`);
  const unknown = Object.keys(settings).find((name) => !Object.hasOwn(DIRECTIVES, name));
  if (unknown !== undefined) {
    throw unusable(STATICFILE, `${unknown} is not supported: use root, ${Object.keys(DIRECTIVES).join(', ')}`);
  }
  const isOn = (value: unknown): boolean => value === true || value === 'enabled' || value === 'visible';
  return {
    root,
    directives: Object.entries(DIRECTIVES).flatMap(([name, directive]) => (isOn(settings[name]) ? [directive] : [])),
  };
}

const APT_FILE = 'apt.yml';
/** A name by Debian's policy, which apt can't mistake for an option, a path, or a URL. */
const PACKAGE = /^[a-z0-9][a-z0-9+.-]+$/;

/**
 * The packages in `apt.yml`. Unlike the platform's buildpack, the stack does not support keys, repositories, or URLs of
 * packages: staging uses the stack's own mirror.
 *
 * @see https://github.com/cloudfoundry/apt-buildpack
 */
export function parseAptFile(text: string | undefined): readonly string[] {
  if (text === undefined) throw new StagingError('BuildpackCompileFailed - Apt buildpack requires apt.yml');
  const { packages, ...others } = fieldsOf(text, APT_FILE);
  if (Object.keys(others).length > 0 || !Array.isArray(packages) || packages.length === 0) {
    throw unusable(APT_FILE, 'it must contain a list of packages and nothing else');
  }
  return packages.map((name: unknown) => {
    if (typeof name === 'string' && PACKAGE.test(name)) return name;
    throw unusable(APT_FILE, `${JSON.stringify(name)} is not the name of a package in the stack's own mirror`);
  });
}

/** Arguments of the stack's programs that install packages: from its own mirrors, or from these sources. */
export function aptArguments(sources: readonly string[] = []): readonly string[] {
  return sources.length === 0 ? [] : ['--sources', sources.join('\n')];
}

/** The fields of a buildpack's file; none if it is not an object. */
function fieldsOf(text: string, file: string): Record<string, unknown> {
  try {
    const document: unknown = parse(text);
    return typeof document === 'object' && document !== null ? { ...document } : {};
  } catch (error) {
    throw unusable(file, (error as Error).message);
  }
}

const unusable = (file: string, why: string): StagingError =>
  new StagingError(`BuildpackCompileFailed - the local stack can't use ${file}: ${why}`);
