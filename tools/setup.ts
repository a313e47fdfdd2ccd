/**
 * `node tools/bootstrap.mjs setup [engine] [containers]`: everything that a deployment needs, found or made. The other
 * commands call the same functions.
 */
import { type BaseImage, ensureBaseImage } from './base-image';
import { Cache } from './cache';
import { type ContainerEngine, ensureContainerEngine } from './container-engine';
import { type Engine, ensureEngine, type EngineName } from './engine';
import { enter } from './entry';
import { Failure } from './failure';
import { ensureBuilt } from './go-module';
import { ensureNodeLinux, type NodeBinary } from './node-linux';
import { host } from './platform';
import { Progress } from './progress';
import { engineEnvironment, ensureProviders, type EnvironmentChange, type ProviderSource } from './providers';

/** What runs inside the foundation's containers. */
export const FOUNDATION_NODE = '24';

/** An engine that can plan and apply without prompts. */
export interface EngineSetup {
  readonly engine: Engine;
  readonly providers: readonly ProviderSource[];
  readonly env: EnvironmentChange;
}

/** What a local foundation consists of, in addition to this repository. */
export interface ContainerSetup {
  readonly containerEngine: ContainerEngine;
  readonly baseImage: BaseImage;
  /** Linux programs for the container engine's processor. */
  readonly node: NodeBinary;
  readonly versitygw: string;
}

const describeProvider = ({ provider, version, mirror }: ProviderSource): string =>
  mirror === undefined ? `${provider} from the registry` : `${provider} ${version}`;

/** The engine and its providers; `name` overrides the environment's choice. */
export async function setUpEngine(progress: Progress, name?: EngineName, cache = new Cache()): Promise<EngineSetup> {
  const engine = await progress.step(
    'engine',
    (report) => ensureEngine(name, report, cache),
    (found) => `${found.name} ${found.version}`,
  );
  const providers = await progress.step(
    'providers',
    (report) => ensureProviders(engine.name, report, cache),
    (found) => found.map(describeProvider).join(', '),
  );
  return { engine, providers, env: await engineEnvironment(engine, providers, cache) };
}

export function setUpNode(progress: Progress, arch = host.arch, cache = new Cache()): Promise<NodeBinary> {
  return progress.step(
    'Node.js for containers',
    (report) => ensureNodeLinux(FOUNDATION_NODE, arch, report, cache),
    (found) => found.version,
  );
}

export async function setUpContainers(progress: Progress, cache = new Cache()): Promise<ContainerSetup> {
  const containerEngine = await progress.step(
    'container engine',
    (report) => ensureContainerEngine(report),
    (found) => `docker ${found.version}`,
  );
  const baseImage = await progress.step(
    'base image',
    (report) => ensureBaseImage(containerEngine, 'bookworm', report),
    (found) => found.reference,
  );
  await progress.step(
    "the proxy's base image",
    (report) => ensureBaseImage(containerEngine, 'trixie', report),
    (found) => found.reference,
  );
  const platform = { os: 'linux', arch: containerEngine.arch };
  const node = await setUpNode(progress, platform.arch, cache);
  const versitygw = await progress.step('S3 server', (report) => ensureBuilt('versitygw', cache, report, platform));
  return { containerEngine, baseImage, node, versitygw };
}

const PARTS: Readonly<Record<string, (progress: Progress) => Promise<unknown>>> = {
  engine: setUpEngine,
  containers: setUpContainers,
};

const HELP = `usage: node tools/bootstrap.mjs setup [PART ...]

Finds or makes what a deployment needs: all of it, or the parts
that are named, which are ${Object.keys(PARTS).join(', ')}.`;

async function main(names: readonly string[]): Promise<void> {
  const progress = new Progress();
  for (const name of names.length === 0 ? Object.keys(PARTS) : names) {
    const part = PARTS[name];
    if (part === undefined) {
      throw new Failure(
        `no part "${name}"`,
        `parts are ${Object.keys(PARTS).join(', ')}`,
        'name some, or none for all',
      );
    }
    await part(progress);
  }
}

if (require.main === module) enter(HELP, main);
