import { join, relative } from 'node:path';
import type { Cache, CacheEntry } from './cache';
import { CommandFailure, run } from './command';
import { Failure } from './failure';
import { type GoModule, goModule, goModuleFolder, type GoModuleName } from './go-module';
import { ensureGo } from './go-toolchain';
import { executable, host, type Platform, REPOSITORY } from './platform';
import type { Report } from './progress';

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

/** Compiles a module into `output`. */
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
