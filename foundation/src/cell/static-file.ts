import { parse } from 'yaml';
import { StagingError } from './cell';

/** What nginx is told for each setting that is on. */
const DIRECTIVES: Readonly<Record<string, string>> = {
  pushstate: 'try_files $uri $uri/ /index.html',
  directory: 'autoindex on',
  ssi: 'ssi on',
};
/** A folder below the application's. */
const FOLDER = /^(?!\/)(?!.*\.\.)[\w./ -]+$/;

export interface StaticFile {
  readonly root: string;
  readonly directives: readonly string[];
}

/**
 * What `Staticfile` says of how its files are served.
 *
 * @see https://docs.cloudfoundry.org/buildpacks/staticfile/index.html
 */
export function parseStaticFile(text: string | undefined): StaticFile {
  const { root = '.', ...settings } = read(text ?? '');
  if (typeof root !== 'string' || !FOLDER.test(root)) throw refused(`root is no folder: ${JSON.stringify(root)}`);
  const unknown = Object.keys(settings).find((name) => !Object.hasOwn(DIRECTIVES, name));
  if (unknown !== undefined) {
    throw refused(`${unknown} is not known here: there are root, ${Object.keys(DIRECTIVES).join(', ')}`);
  }
  const isOn = (value: unknown): boolean => value === true || value === 'enabled' || value === 'visible';
  return {
    root,
    directives: Object.entries(DIRECTIVES).flatMap(([name, directive]) => (isOn(settings[name]) ? [directive] : [])),
  };
}

function read(text: string): Record<string, unknown> {
  try {
    const document: unknown = parse(text);
    return typeof document === 'object' && document !== null ? { ...document } : {};
  } catch (error) {
    throw refused((error as Error).message);
  }
}

const refused = (why: string): StagingError =>
  new StagingError(`BuildpackCompileFailed - Staticfile can't be used by the local stack: ${why}`);
