import { parse } from 'yaml';
import { StagingError } from './cell';

/** A name as Debian's policy has it, which the package manager cannot take for an option, a path or an address. */
const PACKAGE = /^[a-z0-9][a-z0-9+.-]+$/;

/**
 * The packages that `apt.yml` asks for. Keys, repositories and addresses of packages, which the platform's buildpack takes
 * too, are not here: staging asks the stack's own mirror.
 *
 * @see https://github.com/cloudfoundry/apt-buildpack
 */
export function parseAptFile(text: string | undefined): readonly string[] {
  if (text === undefined) throw new StagingError('BuildpackCompileFailed - Apt buildpack requires apt.yml');
  const document = read(text);
  const fields = typeof document === 'object' && document !== null ? Object.keys(document) : [];
  const { packages } = (document ?? {}) as { readonly packages?: unknown };
  if (fields.join() !== 'packages' || !Array.isArray(packages) || packages.length === 0) {
    throw refused('it must have a list of packages and nothing else');
  }
  return packages.map((name: unknown) => {
    if (typeof name === 'string' && PACKAGE.test(name)) return name;
    throw refused(`${JSON.stringify(name)} is not the name of a package of the stack's own mirror`);
  });
}

/** For the stack's programs that install packages: from its own mirrors, or those of these lines. */
export function aptArguments(sources: readonly string[] = []): readonly string[] {
  return sources.length === 0 ? [] : ['--sources', sources.join('\n')];
}

function read(text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw refused((error as Error).message);
  }
}

const refused = (why: string): StagingError =>
  new StagingError(`BuildpackCompileFailed - apt.yml can't be used by the local stack: ${why}`);
