import { link, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { acquire, lookFor, type Outlook, type Way } from './acquire';
import { Cache, type CacheEntry } from './cache';
import { isReachable } from './download';
import type { Engine, EngineName } from './engine';
import { buildEntry, buildGoModule, buildPlan, goModule } from './go-module';
import { executable, host } from './platform';
import { type Report, silent } from './progress';

export interface ProviderSource {
  /** `namespace/name`. */
  readonly provider: string;
  readonly version: string;
  /** A folder in the layout of a filesystem mirror; if undefined, the engine uses its registry. */
  readonly mirror?: string;
}

interface BuildableProvider {
  readonly namespace: string;
  readonly name: string;
  readonly module: 'cloudfoundry' | 'docker';
}

const PROVIDERS: readonly BuildableProvider[] = [
  { namespace: 'cloudfoundry', name: 'cloudfoundry', module: 'cloudfoundry' },
  { namespace: 'kreuzwerker', name: 'docker', module: 'docker' },
];

const REGISTRIES: Readonly<Record<EngineName, string>> = {
  terraform: 'registry.terraform.io',
  tofu: 'registry.opentofu.org',
};

const addressOf = ({ namespace, name }: BuildableProvider): string => `${namespace}/${name}`;

const mirrorEntry = (provider: BuildableProvider): CacheEntry => {
  const built = buildEntry(goModule(provider.module), host);
  return { ...built, tool: `provider-${provider.name}`, inputs: [...built.inputs, host.os, host.arch, 'mirror 2'] };
};

const mirrorPath = (registry: string, address: string, version: string): string =>
  join(
    registry,
    address,
    version,
    `${host.os}_${host.arch}`,
    executable(`terraform-provider-${address.split('/')[1] ?? ''}_v${version}`),
  );

/**
 * A mirror with one provider for both engines: each looks for it under the name of its own registry. The second name is
 * a hard link, because engines don't follow links to folders when they search a mirror.
 */
async function fillMirror(provider: BuildableProvider, folder: string, cache: Cache, report: Report): Promise<void> {
  const module = goModule(provider.module);
  const programFor = (engine: EngineName): string =>
    join(folder, mirrorPath(REGISTRIES[engine], addressOf(provider), module.version));
  await mkdir(dirname(programFor('terraform')), { recursive: true });
  await buildGoModule(module, host, programFor('terraform'), cache, report);
  await mkdir(dirname(programFor('tofu')), { recursive: true });
  await link(programFor('terraform'), programFor('tofu'));
}

/**
 * Ways to get a provider, in order. An existing mirror comes first, because it needs no network; a reachable registry
 * needs no build.
 */
function waysToProvider(provider: BuildableProvider, engine: EngineName, cache: Cache): Way<ProviderSource>[] {
  const module = goModule(provider.module);
  const entry = mirrorEntry(provider);
  const source = { provider: addressOf(provider), version: module.version };
  const registry = REGISTRIES[engine];
  return [
    {
      plan: 'use the mirror',
      find: () => {
        const mirror = cache.find(entry);
        return Promise.resolve(mirror === undefined ? undefined : { ...source, mirror });
      },
    },
    {
      plan: `let the engine download it from ${registry}`,
      make: async () => {
        const url = `https://${registry}/.well-known/terraform.json`;
        if (await isReachable(url)) return source;
        throw new Error(`${url} does not answer`);
      },
    },
    {
      plan: buildPlan(module),
      make: async (report) => ({
        ...source,
        mirror: await cache.ensure(entry, (folder) => fillMirror(provider, folder, cache, report), report),
      }),
    },
  ];
}

/** Looks without changing anything. */
export function lookForProviders(
  engine: EngineName,
  cache: Cache = new Cache(),
): Promise<{ readonly provider: string; readonly outlook: Outlook<ProviderSource> }[]> {
  return Promise.all(
    PROVIDERS.map(async (provider) => ({
      provider: addressOf(provider),
      outlook: await lookFor(waysToProvider(provider, engine, cache)),
    })),
  );
}

/** Both providers for an engine, built if its registry doesn't answer. */
export async function ensureProviders(
  engine: EngineName,
  report: Report = silent,
  cache: Cache = new Cache(),
): Promise<ProviderSource[]> {
  const sources: ProviderSource[] = [];
  for (const provider of PROVIDERS) {
    const ways = waysToProvider(provider, engine, cache);
    const remedy = `make https://${REGISTRIES[engine]} reachable, or install Go from https://go.dev/dl`;
    sources.push(await acquire(`provider ${addressOf(provider)}`, ways, remedy, report));
  }
  return sources;
}

// Strings in this file have no expressions, because its language has none.
const quote = (text: string): string => JSON.stringify(text);

/** The engine's configuration file: mirrored providers come from their mirrors, all others from their registries. */
export function cliConfig(sources: readonly ProviderSource[]): string {
  const mirrored = sources.flatMap(({ provider, mirror }) => (mirror === undefined ? [] : [{ provider, mirror }]));
  if (mirrored.length === 0) return '';
  const addresses = (provider: string): string[] =>
    Object.values(REGISTRIES).map((registry) => quote(`${registry}/${provider}`));
  const mirrors = mirrored.map(
    ({ provider, mirror }) =>
      `  filesystem_mirror {\n    path    = ${quote(mirror)}\n    include = [${addresses(provider).join(', ')}]\n  }\n`,
  );
  const excluded = mirrored.flatMap(({ provider }) => addresses(provider)).join(', ');
  return `provider_installation {\n${mirrors.join('')}  direct {\n    exclude = [${excluded}]\n  }\n}\n`;
}

/** Variables to set for the engine and for cdktf; undefined means unset. */
export type EnvironmentChange = Readonly<Record<string, string | undefined>>;

/**
 * What engine and cdktf need in their environment. The configuration file is always ours: a mirror must be named in it,
 * and with a variable that points nowhere, Terraform warns on every command.
 */
export async function engineEnvironment(
  engine: Pick<Engine, 'name' | 'path'>,
  sources: readonly ProviderSource[],
  cache: Cache = new Cache(),
): Promise<EnvironmentChange> {
  const text = cliConfig(sources);
  const entry = { tool: 'cli-config', version: '1', inputs: [text], bytes: 0 };
  const folder = await cache.ensure(entry, (made) => writeFile(join(made, 'engine.tfrc'), text));
  return {
    TERRAFORM_BINARY_NAME: engine.path,
    TF_CLI_CONFIG_FILE: join(folder, 'engine.tfrc'),
    CHECKPOINT_DISABLE: '1',
    // cdktf enables a plugin cache by default, and an engine then copies from a mirror what it only needs to link.
    CDKTF_DISABLE_PLUGIN_CACHE_ENV: '1',
    TF_PLUGIN_CACHE_DIR: undefined,
  };
}

export function withChange(env: NodeJS.ProcessEnv, change: EnvironmentChange): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries({ ...env, ...change }).filter(([, value]) => value !== undefined));
}
