import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { AppConfig } from '@cdktf/provider-cloudfoundry/lib/app';
import { AssetType, TerraformAsset } from 'cdktf';
import type { Construct } from 'constructs';
import {
  buildpackVariables,
  dockerVariables,
  PROFILE_SCRIPT,
  PROFILE_SCRIPT_PATH,
  type ProxySettings,
} from './values/proxy-variables';
import { type Bits, packBits, stageBits } from './values/pushed-files';

/** How a folder is staged and started. */
export interface DirectoryOptions {
  /**
   * The buildpacks, in the order in which they run: names as `cf buildpacks` lists them, or addresses.
   *
   * @default - the platform detects one
   */
  readonly buildpacks?: readonly string[];
  /**
   * The command that starts the application.
   *
   * @default - the command of the Procfile or the buildpack
   */
  readonly command?: string;
}

/** An account that can pull from a registry. Pass the password as a sensitive Terraform variable. */
export interface RegistryCredentials {
  /** The name of the account. */
  readonly username: string;
  /** A sensitive Terraform variable. */
  readonly password: string;
}

/**
 * Where an application's code comes from. Cloud Foundry doesn't allow an existing application to change from one kind
 * to the other, so the other kind needs a different resource and a different name.
 */
export class AppSource {
  /**
   * A folder that a buildpack stages. `.cfignore` is respected.
   *
   * @param path relative to where synth runs
   * @throws for a path that is not a folder
   */
  static directory(path: string, { buildpacks, command }: DirectoryOptions = {}): AppSource {
    const folder = resolve(path);
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
      throw new Error(`${folder} is not a folder: give the folder of the application, relative to where synth runs`);
    }
    let bits: Bits | undefined;
    const config = (scope: Construct): Partial<AppConfig> => {
      bits ??= packBits(folder, { [PROFILE_SCRIPT_PATH]: PROFILE_SCRIPT });
      const { sha256: assetHash } = bits;
      return {
        path: new TerraformAsset(scope, 'Bits', { path: stageBits(bits), type: AssetType.FILE, assetHash }).path,
        // The provider detects a change of the content only by this hash.
        sourceCodeHash: Buffer.from(assetHash, 'hex').toString('base64'),
        buildpacks: buildpacks && [...buildpacks],
        command,
      };
    };
    return new AppSource('Default', config, buildpackVariables);
  }

  /**
   * A container image.
   *
   * @param reference preferably with its digest, `registry/name@sha256:...`, so that a plan shows a change
   * @param credentials needed for a private registry
   */
  static image(reference: string, credentials?: RegistryCredentials): AppSource {
    if (!/^\S+$/.test(reference)) {
      throw new Error(`'${reference}' is not an image: give its reference, as in ghcr.io/team/app@sha256:...`);
    }
    const config = (): Partial<AppConfig> => ({ dockerImage: reference, dockerCredentials: credentials });
    return new AppSource('Resource', config, dockerVariables, credentials);
  }

  private constructor(
    /** @internal The id of the resource under its construct, either of which is a `node.defaultChild`. */
    readonly resourceId: 'Default' | 'Resource',
    /** @internal */
    readonly config: (scope: Construct) => Partial<AppConfig>,
    /** @internal */
    readonly proxyVariables: (proxy: ProxySettings) => Record<string, string>,
    /** @internal */
    readonly credentials?: RegistryCredentials,
  ) {}
}

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
