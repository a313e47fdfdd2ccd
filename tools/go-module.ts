import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from './platform';

const MEBIBYTE = 1024 * 1024;

/** A Go module in the repository, and the program that it builds. */
export interface GoModule {
  readonly name: string;
  /** The program's file name. */
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

export type GoModuleName = keyof typeof RECIPES;

/** The modules in `tools/go`. */
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

export const goModuleFolder = (name: GoModuleName): string =>
  join(REPOSITORY, ...(PLACES[name] ?? ['tools', 'go', name]));

/** Reads the versions that a module pins. */
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
