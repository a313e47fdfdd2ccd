import { parse } from 'yaml';
import { StagingError } from './cell';

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
  const document = read(text);
  const fields = typeof document === 'object' && document !== null ? Object.keys(document) : [];
  const { packages } = (document ?? {}) as { readonly packages?: unknown };
  if (fields.join() !== 'packages' || !Array.isArray(packages) || packages.length === 0) {
    throw refused('it must contain a list of packages and nothing else');
  }
  return packages.map((name: unknown) => {
    if (typeof name === 'string' && PACKAGE.test(name)) return name;
    throw refused(`${JSON.stringify(name)} is not the name of a package in the stack's own mirror`);
  });
}

/** Arguments of the stack's programs that install packages: from its own mirrors, or from these sources. */
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
  new StagingError(`BuildpackCompileFailed - the local stack can't use apt.yml: ${why}`);
