import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cache } from '../../tools/cache';
import { run } from '../../tools/command';

/** A program from npm that is too heavy to be a dependency for a test that runs before a release. */
interface NpmProgram {
  readonly name: string;
  readonly version: string;
  /** Versions of packages that it depends on. @default - the ones that it asks for */
  readonly overrides?: Readonly<Record<string, string>>;
  /** Upper estimate. */
  readonly mebibytes: number;
}

/** The folder with the installed program, which is downloaded once per machine. */
export function ensureNpmProgram({ name, version, overrides = {}, mebibytes }: NpmProgram): Promise<string> {
  const manifest = JSON.stringify({ private: true, dependencies: { [name]: version }, overrides });
  const tool = name.replace(/^@.*\//, '');
  return new Cache().ensure({ tool, version, inputs: [manifest], bytes: mebibytes * 2 ** 20 }, async (folder) => {
    writeFileSync(join(folder, 'package.json'), manifest);
    await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', folder]);
  });
}
