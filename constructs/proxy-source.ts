import { join } from 'node:path';
import { AppSource } from './app-source';

/** The folder of the proxy in this package, beside the code. */
export const SQUID = join(__dirname, '..', 'squid');

/**
 * Where the proxy comes from, if not from a container image. A deployed one can't change from one kind to the other: give the
 * other another name, and let the clients follow.
 */
export abstract class ProxySource {
  /**
   * The folder itself, pushed: the apt buildpack brings squid from the stack's own packages when the application is staged.
   * It takes neither an image nor a registry, and what squid it is depends on the stack.
   *
   * @see https://github.com/cloudfoundry/apt-buildpack
   */
  static buildpack(): AppSource {
    return AppSource.directory(SQUID, {
      buildpacks: ['apt_buildpack', 'binary_buildpack'],
      command: 'exec /usr/bin/perl entrypoint',
    });
  }
}
