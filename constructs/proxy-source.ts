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

/**
 * Where the proxy comes from, if not from a container image. A deployed one can't change from one kind to the other: give the
 * other another name, and let the clients follow.
 */
export abstract class ProxySource {
  /**
   * The folder itself, pushed: the apt buildpack brings squid from the stack's own packages when the application is staged.
   * It takes neither an image nor a registry, and what squid it is depends on the stack. Each change, one of the list too,
   * stages it anew: that needs the mirror of the stack's packages, and may bring another squid.
   *
   * The platform gives a buildpack application port 8080, so that `tls` works as with the image.
   *
   * @see https://github.com/cloudfoundry/apt-buildpack
   */
  static buildpack(options: ProxyBuildpackOptions = {}): AppSource {
    return AppSource.directory(SQUID, {
      buildpacks: [options.aptBuildpack ?? APT_BUILDPACK, 'binary_buildpack'],
      command: 'exec /usr/bin/perl entrypoint',
    });
  }
}
