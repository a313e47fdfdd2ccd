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

/** Names and values of variables. */
export type Variables = Readonly<Record<string, string>>;

/**
 * What only a provider reads: no expression of a configuration can access it, because the engine's process doesn't have
 * it.
 */
const PREFIXES: Readonly<Record<string, string>> = {
  'cloudfoundry/cloudfoundry': 'CF_',
  'kreuzwerker/docker': 'DOCKER_',
};

/** Providers that run separately, each in its own container. */
export const SEPARATE: ReadonlySet<string> = new Set(Object.keys(PREFIXES));

/** Proxy settings, which every process needs. */
const SHARED = /^(?:https?|no)_proxy$/i;

/** Lines of `NAME=VALUE`, as in the variable EGRESS_CONFIG and the secret EGRESS_PLAN. */
export function readVariables(lines: string): Variables {
  return Object.fromEntries(
    lines
      .split(/\r?\n/)
      .filter((line) => /^[A-Za-z_]\w*=/.test(line))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

/** For the engine: access to the state, and the program's variables. */
export function forEngine(variables: Variables): Variables {
  return pick(variables, (name) => !Object.values(PREFIXES).some((prefix) => name.startsWith(prefix)));
}

/** @param provider `namespace/name` */
export function forProvider(provider: string, variables: Variables): Variables {
  const prefix = PREFIXES[provider];
  return pick(variables, (name) => SHARED.test(name) || (prefix !== undefined && name.startsWith(prefix)));
}

function pick(variables: Variables, holds: (name: string) => boolean): Variables {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => holds(name)));
}
