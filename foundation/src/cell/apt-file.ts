import { parse } from 'yaml';
import { z } from 'zod';
import { StagingError } from './cell';

/** A name as Debian's policy has it, which the package manager cannot take for an option, a path or an address. */
const PACKAGE = /^[a-z0-9][a-z0-9+.-]+$/;

const AptFile = z.object({ packages: z.array(z.string()).min(1) }).strict();

/**
 * The packages that `apt.yml` asks for. Keys, repositories and addresses of packages, which the platform's buildpack takes
 * too, are not here: staging asks the stack's own mirror.
 *
 * @see https://github.com/cloudfoundry/apt-buildpack
 */
export function parseAptFile(text: string | undefined): readonly string[] {
  if (text === undefined) {
    throw new StagingError('BuildpackCompileFailed - App staging failed in the buildpack compile phase: no apt.yml');
  }
  const { success, data, error } = AptFile.safeParse(read(text));
  if (!success) {
    const [issue] = error.issues;
    throw refused(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
  }
  const strange = data.packages.find((name) => !PACKAGE.test(name));
  if (strange !== undefined) throw refused(`'${strange}' is not the name of a package of the stack's own mirror`);
  return data.packages;
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
