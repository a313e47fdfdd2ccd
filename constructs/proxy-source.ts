import { join } from 'node:path';
import { AppSource } from './app-source';

/** The folder of the proxy in this package, next to the code. */
export const SQUID = join(__dirname, '..', 'squid');

/** Named by its repository, because few platforms have it installed. */
const APT_BUILDPACK = 'https://github.com/cloudfoundry/apt-buildpack';

/** How the proxy is staged without an image. */
export interface ProxyBuildpackOptions {
  /**
   * The apt buildpack: its name, if `cf buildpacks` shows it, or the address of its repository, preferably with a
   * version, such as `https://github.com/cloudfoundry/apt-buildpack#v0.3.6`.
   *
   * @default - the latest version in the repository on GitHub when the proxy is staged
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
