import { join } from 'node:path';
import { AppSource } from './app-source';

/** The folder of the proxy in this package, beside the code. */
export const SQUID = join(__dirname, '..', 'squid');

/** What the platform's operators seldom install, so that it is named by its repository. */
const APT_BUILDPACK = 'https://github.com/cloudfoundry/apt-buildpack';

export interface ProxyBuildpackOptions {
  /**
   * The apt buildpack: its name, where `cf buildpacks` shows one, or the address of its repository, best with a version, as
   * in `https://github.com/cloudfoundry/apt-buildpack#v0.3.6`.
   *
   * @default - the repository on GitHub, as it is when the proxy is staged
   */
  readonly aptBuildpack?: string;
}

/** The folder as it is pushed. */
export function byBuildpack({ aptBuildpack = APT_BUILDPACK }: ProxyBuildpackOptions): AppSource {
  return AppSource.directory(SQUID, {
    buildpacks: [aptBuildpack, 'binary_buildpack'],
    command: 'exec /bin/sh entrypoint',
  });
}
