import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { AppConfig } from '@cdktf/provider-cloudfoundry/lib/app';
import { AssetType, TerraformAsset } from 'cdktf';
import type { Construct } from 'constructs';
import { packBits, stageBits } from './values/pushed-files';
import {
  buildpackVariables,
  dockerVariables,
  PROFILE_SCRIPT,
  PROFILE_SCRIPT_PATH,
  type ProxySettings,
} from './values/proxy-variables';

export interface DirectoryOptions {
  /** @default - the platform detects one */
  readonly buildpacks?: readonly string[];
  /** @default - the command of the Procfile or the buildpack */
  readonly command?: string;
}

/** An account that can pull from a registry. Pass the password as a sensitive Terraform variable. */
export interface RegistryCredentials {
  readonly username: string;
  readonly password: string;
}

/**
 * Where an application's code comes from. Cloud Foundry doesn't allow an existing application to change from one kind
 * to the other, so the other kind needs a different resource and a different name.
 */
export abstract class AppSource {
  /** A folder that a buildpack stages. `.cfignore` is respected. */
  static directory(path: string, options: DirectoryOptions = {}): AppSource {
    return new DirectorySource(resolve(path), options);
  }

  /** A container image, preferably with its digest, `registry/name@sha256:...`, so that a plan shows a change. */
  static image(reference: string, credentials?: RegistryCredentials): AppSource {
    return new ImageSource(reference, credentials);
  }

  /** The id of the resource under its construct, either of which is a `node.defaultChild`. */
  abstract readonly resourceId: 'Default' | 'Resource';
  abstract readonly credentials?: RegistryCredentials;
  abstract config(scope: Construct): Partial<AppConfig>;
  abstract proxyVariables(proxy: ProxySettings): Record<string, string>;
}

class DirectorySource extends AppSource {
  readonly resourceId = 'Default';
  readonly credentials = undefined;
  private staged?: { readonly path: string; readonly sha256: string };

  constructor(
    private readonly path: string,
    private readonly options: DirectoryOptions,
  ) {
    super();
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
      throw new Error(`${path} is not a folder: give the folder of the application, relative to where synth runs`);
    }
  }

  config(scope: Construct): Partial<AppConfig> {
    const { path, sha256 } = (this.staged ??= this.stage());
    const asset = new TerraformAsset(scope, 'Bits', { path, type: AssetType.FILE, assetHash: sha256 });
    return {
      path: asset.path,
      // The provider detects a change of the content only by this hash.
      sourceCodeHash: Buffer.from(sha256, 'hex').toString('base64'),
      buildpacks: this.options.buildpacks && [...this.options.buildpacks],
      command: this.options.command,
    };
  }

  proxyVariables(proxy: ProxySettings): Record<string, string> {
    return buildpackVariables(proxy);
  }

  private stage(): { readonly path: string; readonly sha256: string } {
    const bits = packBits(this.path, { [PROFILE_SCRIPT_PATH]: PROFILE_SCRIPT });
    return { path: stageBits(bits), sha256: bits.sha256 };
  }
}

class ImageSource extends AppSource {
  readonly resourceId = 'Resource';

  constructor(
    private readonly reference: string,
    readonly credentials?: RegistryCredentials,
  ) {
    super();
    if (!/^\S+$/.test(reference)) {
      throw new Error(`'${reference}' is not an image: give its reference, as in ghcr.io/team/app@sha256:...`);
    }
  }

  config(): Partial<AppConfig> {
    return { dockerImage: this.reference, dockerCredentials: this.credentials };
  }

  proxyVariables(proxy: ProxySettings): Record<string, string> {
    return dockerVariables(proxy);
  }
}
