import { StagingError } from './cell';

/** The buildpacks whose work the stack does itself. */
export type Buildpack = 'apt' | 'binary' | 'nodejs';

/** By name, or by the repository of the platform's own, whose version is not looked at. */
const BUILDPACKS: ReadonlyMap<string, Buildpack> = new Map([
  ['binary_buildpack', 'binary'],
  ['nodejs_buildpack', 'nodejs'],
  ['https://github.com/cloudfoundry/apt-buildpack', 'apt'],
  ['https://github.com/cloudfoundry/binary-buildpack', 'binary'],
  ['https://github.com/cloudfoundry/nodejs-buildpack', 'nodejs'],
]);

export interface ChosenBuildpacks {
  /** Whether packages of the stack are installed first. */
  readonly apt: boolean;
  /** The last one, which knows how the application starts. */
  readonly last: Exclude<Buildpack, 'apt'>;
}

/** What an application asks for; where it asks for none, Node.js is tried. */
export function chooseBuildpacks(references: readonly string[]): ChosenBuildpacks {
  const chosen = references.map(buildpackOf);
  const last = chosen.at(-1) ?? 'nodejs';
  const before = chosen.slice(0, -1);
  if (last === 'apt' || before.some((one) => one !== 'apt') || (before.length > 0 && last === 'nodejs')) {
    throw refused(
      `${references.join(', ')} can't be combined here: end with binary_buildpack, with nothing but the apt buildpack before it`,
    );
  }
  return { apt: before.length > 0, last };
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
