import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type Cache, type CacheEntry, MEBIBYTE } from './cache';
import { CommandFailure, run } from './command';
import { Failure } from './failure';
import { ensureGo } from './go-toolchain';
import { executable, host, type Platform, REPOSITORY } from './platform';
import type { Report } from './progress';

/** A Go module in the repository, and the program that it builds. */
interface GoModule {
  readonly name: string;
  readonly program: string;
  readonly version: string;
  /** What to build: the module's `tool` directive, or its own main package. */
  readonly target: 'tool' | '.';
  readonly ldflags: string;
  /** The content of the files that determine the build. */
  readonly files: readonly string[];
  /** Size of the program, rounded up. */
  readonly bytes: number;
  /** How long a build takes on two processors if Go's cache is empty. */
  readonly minutes: number;
}

interface Recipe {
  readonly program: string;
  /** The Go module whose version is the program's version. */
  readonly of: string;
  /** For a module whose own versions don't show the program's release. */
  readonly version?: string;
  readonly target?: 'tool' | '.';
  readonly ldflags?: string;
  readonly mebibytes: number;
  readonly minutes: number;
}

/** A client of the foundation for tests, and the load for benchmarks, which users don't need. */
const CLIENTS = {
  cfclient: {
    program: 'cfclient',
    of: 'github.com/cloudfoundry/go-cfclient/v3',
    target: '.',
    mebibytes: 20,
    minutes: 1,
  },
  // It has no dependencies from which to take a version.
  load: { program: 'load', of: '', version: '1', target: '.', mebibytes: 10, minutes: 1 },
} as const satisfies Record<string, Recipe>;

const TOOLS = {
  actionlint: { program: 'actionlint', of: 'github.com/rhysd/actionlint', mebibytes: 10, minutes: 1 },
  caddy: {
    program: 'caddy',
    of: 'github.com/caddyserver/caddy/v2',
    target: '.',
    mebibytes: 60,
    minutes: 1,
  },
  cloudfoundry: {
    program: 'terraform-provider-cloudfoundry',
    of: 'github.com/cloudfoundry/terraform-provider-cloudfoundry',
    mebibytes: 30,
    minutes: 1,
  },
  docker: {
    program: 'terraform-provider-docker',
    of: 'github.com/terraform-providers/terraform-provider-docker',
    // The Go module has no versions under its current path, so go.mod names a commit after this release.
    version: '4.5.0',
    mebibytes: 80,
    minutes: 3,
  },
  opentofu: {
    program: 'tofu',
    of: 'github.com/opentofu/opentofu',
    // Otherwise, the program calls itself a development version.
    ldflags: '-X github.com/opentofu/opentofu/version.dev=no',
    mebibytes: 120,
    minutes: 4,
  },
  smokescreen: { program: 'smokescreen', of: 'github.com/stripe/smokescreen', mebibytes: 13, minutes: 1 },
  versitygw: { program: 'versitygw', of: 'github.com/versity/versitygw', mebibytes: 70, minutes: 3 },
} as const satisfies Record<string, Recipe>;

const RECIPES = { ...TOOLS, ...CLIENTS };

type GoModuleName = keyof typeof RECIPES;

export const GO_TOOL_NAMES = Object.keys(TOOLS) as (keyof typeof TOOLS)[];

/** The version that a go.mod requires of a module, without the leading `v`. */
export function requiredVersion(goMod: string, module: string): string {
  const line = goMod.split('\n').find((text) =>
    text
      .trim()
      .replace(/^require /, '')
      .startsWith(`${module} v`),
  );
  const version = line === undefined ? undefined : /\sv(\S+)/.exec(line)?.[1];
  if (version === undefined) throw new Error(`go.mod requires no "${module}"`);
  return version;
}

const PLACES: Readonly<Record<string, readonly string[]>> = {
  cfclient: ['__tests__', 'clients', 'cfclient'],
  load: ['bench', 'load'],
};

const goModuleFolder = (name: GoModuleName): string => join(REPOSITORY, ...(PLACES[name] ?? ['tools', 'go', name]));

export function goModule(name: GoModuleName): GoModule {
  const recipe: Recipe = RECIPES[name];
  const read = (file: string): string => readFileSync(join(goModuleFolder(name), file), 'utf8');
  const goMod = read('go.mod');
  const target = recipe.target ?? 'tool';
  return {
    name,
    program: recipe.program,
    version: recipe.version ?? requiredVersion(goMod, recipe.of),
    target,
    ldflags: ['-s -w', recipe.ldflags].filter((flags) => flags !== undefined).join(' '),
    files: readdirSync(goModuleFolder(name))
      .filter((file) => /\.(go|mod|sum)$/.test(file))
      .map(read),
    bytes: recipe.mebibytes * MEBIBYTE,
    minutes: recipe.minutes,
  };
}

/** Builds without C, so that a program is the same with or without a compiler on the machine, and runs in any image. */
const GO_SETTINGS = { CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -buildvcs=false', GOWORK: 'off', GOTOOLCHAIN: 'auto' };

const arguments_ = (module: GoModule): string[] => ['build', '-trimpath', '-ldflags', module.ldflags];

/** The cache entry of the program that a module builds for a platform. */
export const buildEntry = (module: GoModule, platform: Platform): CacheEntry => ({
  tool: `${module.program}-${platform.os}-${platform.arch}`,
  version: module.version,
  inputs: [...module.files, ...arguments_(module), module.target, JSON.stringify(GO_SETTINGS)],
  bytes: module.bytes,
});

/** Describes the build, before it starts. */
export const buildPlan = (module: GoModule): string =>
  `build ${module.program} ${module.version} from ${relative(REPOSITORY, goModuleFolder(module.name as GoModuleName))} (about ${module.minutes} min when Go's cache is empty)`;

export async function buildGoModule(
  module: GoModule,
  platform: Platform,
  output: string,
  cache: Cache,
  report: Report,
): Promise<void> {
  const go = await ensureGo(cache, report);
  report(buildPlan(module));
  const env = { ...process.env, ...GO_SETTINGS, GOOS: platform.os, GOARCH: platform.arch };
  try {
    await run(go.path, [...arguments_(module), '-o', output, module.target], {
      cwd: goModuleFolder(module.name as GoModuleName),
      env,
    });
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    // The compiler's message can be far above the last lines. The cache recognizes this error by its text.
    if (/no space left/i.test(error.output)) throw new Error('no space left on the device', { cause: error });
    throw new Failure(
      `${module.program} ${module.version} was not built`,
      error.message,
      'its modules come from the Go module proxy (`go env GOPROXY`): see that it can be reached, then try again',
    );
  }
}

/** The path of a program built for a platform, if the cache has it. */
export function findBuilt(name: GoModuleName, cache: Cache, platform: Platform = host): string | undefined {
  const module = goModule(name);
  const folder = cache.find(buildEntry(module, platform));
  return folder === undefined ? undefined : join(folder, executable(module.program, platform));
}

/** The path of a program, which is built if the cache doesn't have it. */
export async function ensureBuilt(
  name: GoModuleName,
  cache: Cache,
  report: Report,
  platform: Platform = host,
): Promise<string> {
  const module = goModule(name);
  const file = executable(module.program, platform);
  const make = (folder: string): Promise<void> => buildGoModule(module, platform, join(folder, file), cache, report);
  return join(await cache.ensure(buildEntry(module, platform), make, report), file);
}
