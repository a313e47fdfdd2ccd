import { StagingError } from './cell';

/** The buildpacks whose work the stack does itself. */
export type Buildpack = 'apt' | FinalBuildpack;
/** One that knows how the application starts. */
export type FinalBuildpack = 'binary' | 'nodejs' | 'python' | 'staticfile';

const REPOSITORIES = 'https://github.com/cloudfoundry/';

/** By name, or by the repository of the platform's own, whose version is not looked at. */
const BUILDPACKS: ReadonlyMap<string, Buildpack> = new Map<string, Buildpack>([
  ...(['staticfile', 'nodejs', 'python', 'binary'] as const).flatMap((one): readonly [string, Buildpack][] => [
    [`${one}_buildpack`, one],
    [`${REPOSITORIES}${one}-buildpack`, one],
  ]),
  [`${REPOSITORIES}apt-buildpack`, 'apt'],
]);

/** In the order in which the platform asks: the first that finds its file takes the application. */
const DETECTED_BY: readonly (readonly [file: string, buildpack: FinalBuildpack])[] = [
  ['Staticfile', 'staticfile'],
  ['package.json', 'nodejs'],
  ['requirements.txt', 'python'],
];

export interface ChosenBuildpacks {
  /** Whether packages of the stack are installed first. */
  readonly apt: boolean;
  readonly last: FinalBuildpack;
}

/** What an application asks for; where it asks for none, the one that finds its file among the pushed ones. */
export function chooseBuildpacks(references: readonly string[], has: (file: string) => boolean): ChosenBuildpacks {
  if (references.length === 0) return { apt: false, last: detect(has) };
  const chosen = references.map(buildpackOf);
  const last = chosen.at(-1) ?? 'apt';
  const before = chosen.slice(0, -1);
  if (last === 'apt' || before.some((one) => one !== 'apt') || (before.length > 0 && last !== 'binary')) {
    throw refused(
      `${references.join(', ')} can't be combined here: end with binary_buildpack, with nothing but the apt buildpack before it`,
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
    throw refused(`${reference} is not to be had: there are ${[...BUILDPACKS.keys()].join(', ')}`);
  }
  return buildpack;
}

const refused = (why: string): StagingError =>
  new StagingError(`BuildpackCompileFailed - the local stack does the work of a few buildpacks itself, and ${why}`);
