import { existsSync, lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A provider as `init` has installed it. */
export interface InstalledProvider {
  /** `registry.terraform.io/cloudfoundry/cloudfoundry` */
  readonly address: string;
  /** `cloudfoundry/cloudfoundry` */
  readonly name: string;
  readonly program: string;
  /** Where its files are, if it was installed as a link. */
  readonly elsewhere?: string;
}

/** @see https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories */
export function installedProviders(stack: string): readonly InstalledProvider[] {
  const root = join(stack, '.terraform', 'providers');
  if (!existsSync(root)) return [];
  // HOST/NAMESPACE/NAME/VERSION/PLATFORM
  const packages = [1, 2, 3, 4, 5].reduce<readonly string[]>(
    (paths) => paths.flatMap((path) => readdirSync(join(root, path)).map((name) => join(path, name))),
    ['.'],
  );
  return packages.flatMap((path) => {
    const folder = join(root, path);
    // OpenTofu stores a lock next to each package.
    if (!statSync(folder).isDirectory()) return [];
    const [host = '', namespace = '', name = ''] = path.split('/');
    const program = readdirSync(folder).find((file) => file.startsWith(`terraform-provider-${name}`));
    if (program === undefined) return [];
    return [
      {
        address: `${host}/${namespace}/${name}`,
        name: `${namespace}/${name}`,
        program: realpathSync(join(folder, program)),
        ...(lstatSync(folder).isSymbolicLink() && { elsewhere: realpathSync(folder) }),
      },
    ];
  });
}

/** A provider that is started separately prints where it listens. */
export const REATTACH = /TF_REATTACH_PROVIDERS='(\{.*\})'/;

/** The provider assumes Terraform's registry in its address; OpenTofu has another one. */
export function reattached(address: string, printed: string): Readonly<Record<string, unknown>> {
  const [listens] = Object.values(JSON.parse(printed) as Record<string, unknown>);
  return { [address]: listens };
}
