import { StagingError } from './cell';

/** The buildpacks that the stack itself implements. */
export type Buildpack = 'apt' | FinalBuildpack;
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

export interface ChosenBuildpacks {
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
