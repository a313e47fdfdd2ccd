import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { DataDockerRegistryImage } from '@cdktf/provider-docker/lib/data-docker-registry-image';
import { Image } from '@cdktf/provider-docker/lib/image';
import type { DockerProviderRegistryAuth } from '@cdktf/provider-docker/lib/provider';
import { RegistryImage } from '@cdktf/provider-docker/lib/registry-image';
import { AssetType, TerraformAsset, TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import { type RegistryCredentials, SQUID } from './app-source';
import { folderHash } from './values/pushed-files';
import { isToken } from './private/tokens';

/** An image to build and to push. */
export interface ProxyImageProps {
  /** Where to push the image, as `REGISTRY/NAME` without a tag: `ghcr.io/team/egress-proxy`. */
  readonly repository: string;
  /**
   * The folder with the Dockerfile, relative to where synth runs.
   *
   * @default - the squid folder of this package
   */
  readonly folder?: string;
  /**
   * The platform of the machines that run it, such as `linux/amd64`.
   *
   * @default - the platform of the container engine that builds it
   */
  readonly platform?: string;
}

/**
 * The proxy's image: built from its folder, pushed, and referred to by its digest, so that exactly what was built here
 * runs, and a plan shows a new image as a new reference. It is built again when a file in the folder changes.
 *
 * The stack needs a DockerProvider, preferably with {@link ProxyImage.registryAuth}. The container engine provides the
 * base image and the packages.
 */
export class ProxyImage extends Construct {
  /** How the docker provider logs in to a registry, if it needs to. */
  static registryAuth(registry: string, credentials?: RegistryCredentials): DockerProviderRegistryAuth {
    // A registry on this machine uses plain HTTP, which the provider needs in the scheme.
    const [host = ''] = registry.split('/');
    const address = /^(localhost|127\.0\.0\.1)(:|$)/.test(host) ? `http://${host}` : host;
    return credentials === undefined ? { address, authDisabled: true } : { address, ...credentials };
  }

  /**
   * The image that a registry has under a tag when the plan is made, referred to by its digest. Use it for an image
   * that is rebuilt separately, so that a plan shows a new one as a new reference.
   */
  static published(scope: Construct, id: string, tagged: string): string {
    const [, repository] = /^(.+\/[^:@]+):[\w.-]+$/.exec(tagged) ?? [];
    if (repository === undefined) throw new Error(`'${tagged}' is not an image: write REGISTRY/NAME:TAG`);
    acceptVersions(scope);
    return `${repository}@${new DataDockerRegistryImage(scope, id, { name: tagged }).sha256Digest}`;
  }

  /** `REPOSITORY@sha256:...` */
  readonly reference: string;

  constructor(scope: Construct, id: string, props: ProxyImageProps) {
    super(scope, id);
    const { repository, platform } = props;
    if (!/^[a-z0-9.-]+(:[0-9]+)?(\/[a-z0-9._-]+)+$/.test(repository)) {
      throw new Error(`'${repository}' is not a repository: write REGISTRY/NAME in lower case and without a tag`);
    }
    const folder = resolve(props.folder ?? SQUID);
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
      throw new Error(
        `${this.node.path}: ${folder} is not a folder: give the one with the Dockerfile, relative to where synth runs`,
      );
    }
    if (platform !== undefined && !isToken(platform) && !/^[a-z0-9]+\/[a-z0-9/]+$/.test(platform)) {
      throw new Error(`${this.node.path}: '${platform}' is not a platform: write OS/ARCHITECTURE, as in linux/amd64`);
    }
    const hash = folderHash(folder);
    const context = new TerraformAsset(this, 'Context', { path: folder, type: AssetType.DIRECTORY, assetHash: hash });
    const image = new Image(this, 'Image', {
      name: `${repository}:${hash.slice(0, 12)}`,
      buildAttribute: { context: context.path, platform },
      triggers: { content: hash },
      // An old container, or another stack's image, could still need the layers.
      keepLocally: true,
    });
    const pushed = new RegistryImage(this, 'Resource', {
      name: image.name,
      triggers: { content: hash },
      // A rollback of the application refers to it.
      keepRemotely: true,
    });
    this.reference = `${repository}@${pushed.sha256Digest}`;
    acceptVersions(this);
  }
}

/** The bindings require version 3. Version 4 has the same resources, as they are used here. */
function acceptVersions(scope: Construct): void {
  TerraformStack.of(scope).addOverride('terraform.required_providers.docker.version', '>= 3.6.2');
}
