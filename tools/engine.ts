import { basename, join } from 'node:path';
import { rm } from 'node:fs/promises';
import { coerce, gte } from 'semver';
import { acquire, lookFor, type Outlook, type Way } from './acquire';
import { Cache, type CacheEntry, MEBIBYTE } from './cache';
import { findOnPath, isExecutable, run } from './command';
import { downloadFile, sha256OfFile, unzip } from './download';
import { Failure } from './failure';
import { buildPlan, ensureBuilt, findBuilt, goModule } from './go-module';
import { executable, host } from './platform';
import { type Report, silent } from './progress';

export const ENGINE_NAMES = ['terraform', 'tofu'] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

export interface Engine {
  readonly name: EngineName;
  readonly version: string;
  readonly path: string;
}

/** The engine that the environment asks for. */
export interface EngineChoice {
  /** One of the two, or whichever is available. */
  readonly name?: EngineName;
  /** cdktf's own variable: a name on `PATH` or a path. */
  readonly binary?: string;
}

// `terraform_data` came with 1.4 and `import` blocks with 1.5; every release of OpenTofu has both.
const OLDEST_TERRAFORM = '1.5.0';

interface Release {
  readonly title: string;
  readonly version: string;
  /** The folder that holds the release's archives. */
  readonly folder: (version: string) => string;
  /** SHA-256 of the archives, by operating system and processor, whoever serves them. */
  readonly archives: Readonly<Record<string, string>>;
}

export const RELEASES: Readonly<Record<EngineName, Release>> = {
  terraform: {
    title: 'Terraform',
    version: '1.11.4',
    folder: (version) => `https://releases.hashicorp.com/terraform/${version}`,
    archives: {
      linux_amd64: '1ce994251c00281d6845f0f268637ba50c0005657eb3cf096b92f753b42ef4dc',
      linux_arm64: 'a43d1d0da9b9bab214a8305a39db0e40869572594ccf50c416a7756499143633',
      darwin_amd64: 'a56d5002b9f7647291faccc3dd1a70350e60fb61e4c45037629508b8fdc2575b',
      darwin_arm64: '867e0808fa971217043e25b7a792b10720c79b1546f8a68479b74f138be73e18',
    },
  },
  tofu: {
    title: 'OpenTofu',
    version: goModule('opentofu').version,
    folder: (version) => `https://github.com/opentofu/opentofu/releases/download/v${version}`,
    archives: {
      linux_amd64: '5dc43da4f750f33873dc25e94587128709e819e544b7be9016b255316153c3a8',
      linux_arm64: 'e573979ba68a17fe7b881752051a694a7efcd970e39521f6a25775197861ed4d',
      darwin_amd64: '166388e5feed47e107e11721b6366bf91d21e47eccbced75f3cbe0c7184ffd9b',
      darwin_arm64: 'e083ee43790ab9e19ad66d9933e24a7244a1412e1d5728f37999ae2163fdac95',
    },
  },
};

const REMEDY = 'install terraform (1.5 or later) or tofu, see https://opentofu.org/docs/intro/install';

export function engineChoice(env: NodeJS.ProcessEnv = process.env): EngineChoice {
  const { EGRESS_ENGINE: name, TERRAFORM_BINARY_NAME: binary } = env;
  if (name !== undefined && name !== '') {
    const known = ENGINE_NAMES.find((engine) => engine === name);
    if (known === undefined) {
      throw new Failure(
        `unknown engine "${name}"`,
        `EGRESS_ENGINE names one of ${ENGINE_NAMES.join(', ')}`,
        `set EGRESS_ENGINE to one of them, or unset it to use whichever is installed`,
      );
    }
    return { name: known };
  }
  return binary === undefined || binary === '' ? {} : { binary };
}

/** What `terraform version` or `tofu version` prints on its first line. */
export function parseVersion(output: string): Pick<Engine, 'name' | 'version'> | undefined {
  const [, title, version] = /^(Terraform|OpenTofu) v(\S+)/m.exec(output) ?? [];
  if (version === undefined) return undefined;
  return { name: title === 'Terraform' ? 'terraform' : 'tofu', version };
}

/** Whether it supports the constructs' resources and blocks. */
export function isRecent({ name, version }: Pick<Engine, 'name' | 'version'>): boolean {
  return name === 'tofu' || gte(coerce(version) ?? '0.0.0', OLDEST_TERRAFORM);
}

/** Asks a program for its name and version. It reads no configuration of the user, so that it can't warn about one. */
async function identify(path: string): Promise<Engine | undefined> {
  const env = { ...process.env, TF_CLI_CONFIG_FILE: '/dev/null', CHECKPOINT_DISABLE: '1' };
  const output = await run(path, ['version'], { env, timeout: 30_000 }).catch(() => '');
  const found = parseVersion(output);
  return found === undefined ? undefined : { ...found, path };
}

async function onPath(name: EngineName): Promise<Engine | undefined> {
  const path = findOnPath(executable(name));
  const engine = path === undefined ? undefined : await identify(path);
  return engine !== undefined && isRecent(engine) ? engine : undefined;
}

const releaseEntry = (name: EngineName): CacheEntry => ({
  tool: name,
  version: RELEASES[name].version,
  inputs: [RELEASES[name].folder(RELEASES[name].version), host.os, host.arch],
  bytes: 160 * MEBIBYTE,
});

/** Downloads a release with the pinned hash, and keeps only the program. */
export async function fetchRelease(
  name: EngineName,
  folder: string,
  { version, folder: at, archives }: Omit<Release, 'title'> = RELEASES[name],
): Promise<void> {
  const platform = `${host.os}_${host.arch}`;
  const archiveName = `${name}_${version}_${platform}.zip`;
  const expected = archives[platform];
  if (expected === undefined) throw new Error(`there is no pinned checksum for ${archiveName}`);
  const archive = join(folder, archiveName);
  await downloadFile(`${at(version)}/${archiveName}`, archive);
  const found = await sha256OfFile(archive);
  if (found !== expected) throw new Error(`${archiveName} has the checksum ${found}, expected ${expected}`);
  await unzip(archive, folder, (path) => (path === executable(name) ? { path, program: true } : undefined));
  await rm(archive);
}

function downloaded(name: EngineName, cache: Cache): Way<Engine> {
  const { title, version, folder: at } = RELEASES[name];
  const entry = releaseEntry(name);
  const engineIn = (folder: string): Engine => ({ name, version, path: join(folder, executable(name)) });
  return {
    plan: `download ${title} ${version} from ${new URL(at(version)).host}`,
    find: () => {
      const folder = cache.find(entry);
      return Promise.resolve(folder === undefined ? undefined : engineIn(folder));
    },
    make: async (report) => engineIn(await cache.ensure(entry, (folder) => fetchRelease(name, folder), report)),
  };
}

function builtTofu(cache: Cache): Way<Engine> {
  const module = goModule('opentofu');
  const engineAt = (path: string): Engine => ({ name: 'tofu', version: module.version, path });
  return {
    plan: buildPlan(module),
    find: () => {
      const path = findBuilt('opentofu', cache);
      return Promise.resolve(path === undefined ? undefined : engineAt(path));
    },
    make: async (report) => engineAt(await ensureBuilt('opentofu', cache, report)),
  };
}

/**
 * Ways to get an engine, in order. Without a choice, an installed one comes first; OpenTofu is downloaded otherwise,
 * because its license allows redistribution and it can be built from source.
 */
export function waysToEngine(choice: EngineChoice, cache: Cache): Way<Engine>[] {
  const named: Record<EngineName, () => Way<Engine>[]> = {
    terraform: () => [
      { plan: 'use terraform from PATH', find: () => onPath('terraform') },
      downloaded('terraform', cache),
    ],
    tofu: () => [
      { plan: 'use tofu from PATH', find: () => onPath('tofu') },
      downloaded('tofu', cache),
      builtTofu(cache),
    ],
  };
  if (choice.name !== undefined) return named[choice.name]();
  const { binary } = choice;
  if (binary !== undefined) {
    const path = basename(binary) === binary ? findOnPath(executable(binary)) : binary;
    const find = (): Promise<Engine | undefined> =>
      path !== undefined && isExecutable(path) ? identify(path) : Promise.resolve(undefined);
    return [{ plan: `use ${binary} from TERRAFORM_BINARY_NAME`, find }];
  }
  return [...named.terraform().slice(0, 1), ...named.tofu()];
}

export const lookForEngine = (
  choice: EngineChoice = engineChoice(),
  cache: Cache = new Cache(),
): Promise<Outlook<Engine>> => lookFor(waysToEngine(choice, cache));

export const findEngine = async (name?: EngineName, cache: Cache = new Cache()): Promise<Engine | undefined> =>
  (await lookForEngine(name === undefined ? engineChoice() : { name }, cache)).found;

export function ensureEngine(name?: EngineName, report: Report = silent, cache: Cache = new Cache()): Promise<Engine> {
  const choice: EngineChoice = name === undefined ? engineChoice() : { name };
  const { binary } = choice;
  const what = binary === undefined ? (choice.name ?? 'terraform or tofu') : `"${binary}" (TERRAFORM_BINARY_NAME)`;
  return acquire(what, waysToEngine(choice, cache), binary === undefined ? REMEDY : `unset it, or ${REMEDY}`, report);
}
