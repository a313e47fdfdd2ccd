import { parse } from 'yaml';
import { StagingError } from './cell';

/** The nginx directive for each setting that is on. */
const DIRECTIVES: Readonly<Record<string, string>> = {
  pushstate: 'try_files $uri $uri/ /index.html',
  directory: 'autoindex on',
  ssi: 'ssi on',
};
/** A folder inside the application's. */
const FOLDER = /^(?!\/)(?!.*\.\.)[\w./ -]+$/;

export interface StaticFile {
  readonly root: string;
  readonly directives: readonly string[];
}

/**
 * The settings in `Staticfile` for serving files.
 *
 * @see https://docs.cloudfoundry.org/buildpacks/staticfile/index.html
 */
export function parseStaticFile(text: string | undefined): StaticFile {
  const { root = '.', ...settings } = read(text ?? '');
  if (typeof root !== 'string' || !FOLDER.test(root))
    throw refused(`root is not a folder of the application: ${JSON.stringify(root)}`);
  const unknown = Object.keys(settings).find((name) => !Object.hasOwn(DIRECTIVES, name));
  if (unknown !== undefined) {
    throw refused(`${unknown} is not supported: use root, ${Object.keys(DIRECTIVES).join(', ')}`);
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
  new StagingError(`BuildpackCompileFailed - the local stack can't use Staticfile: ${why}`);
