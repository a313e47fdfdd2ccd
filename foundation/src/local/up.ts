import type Docker from 'dockerode';
import type { SecurityGroupMode, Settings } from '../settings';
import { hostCertificates, mirrorsOf, readAptSources, readNpmSettings } from './package-sources';
import {
  buildImage,
  type ENTRY_POINTS,
  foundationSource,
  hasImage,
  type ImageSource,
  imageTag,
  type ProgramFiles,
  stackSource,
} from './image';
import { choosePlan, claimPlan, type PlanRequest } from './choose-plan';
import { DATA_DIR, ensureFoundation } from './container';
import { connectEngine } from './engine';
import { apiUrl, DEFAULT_NAME, type Plan, requireName } from './plan';
import { SILENT, type Progress } from './progress';
import { DRAIN_DELAY_MS } from '../limits';

export interface UpOptions {
  /** @default local */
  readonly name?: string;
  readonly files: ProgramFiles;
  /** The first of four consecutive ports: API, router, registry, SSH. Can only be set for a new foundation. */
  readonly port?: number;
  /**
   * When a change of security groups reaches an instance. Can only be set for a new foundation.
   *
   * @default - the foundation's mode; dynamic for a new one
   */
  readonly securityGroups?: SecurityGroupMode;
  /**
   * Milliseconds after TERM at which an instance leaves DNS and router.
   *
   * @default 1000
   */
  readonly drainDelay?: number;
  /** @default - no progress is shown */
  readonly progress?: Progress;
  /** @default - the programs of this package */
  readonly entryPoints?: typeof ENTRY_POINTS;
}

export interface UpResult {
  readonly name: string;
  readonly ports: Plan['ports'];
  readonly apiUrl: string;
  /** True if the foundation's container was not already running as specified. */
  readonly started: boolean;
}

const APPS_DOMAIN = 'apps.localhost';

/** Starts a foundation unless it is running. Resolves once its API answers. */
export async function up(options: UpOptions): Promise<UpResult> {
  const { progress = SILENT, drainDelay = DRAIN_DELAY_MS, port, securityGroups: wanted } = options;
  const name = requireName(options.name ?? DEFAULT_NAME);
  const aptSources = await readAptSources();
  const npmSettings = readNpmSettings();
  const engine = await connectEngine();
  const { docker } = engine;
  const npm = await npmSettings;
  const registries = [...(npm.registry === undefined ? [] : [npm.registry]), ...mirrorsOf(aptSources)];
  const request: PlanRequest = { name, port, securityGroups: wanted, registries };
  // Before building anything, to fail early if something is in the way.
  await progress.step('ports', async () => choosePlan(docker, request), describePorts);
  const [[image, stackImage], certificates] = await Promise.all([
    progress.step('images', (report) =>
      Promise.all([
        provideImage(docker, foundationSource(options.files, options.entryPoints), report),
        provideImage(docker, stackSource(), report),
      ]),
    ),
    hostCertificates(npm),
  ]);
  const plan = await progress.step('networks', () => claimPlan(docker, request), describeNetworks);
  const { overlay, internet, ports, securityGroups } = plan;
  const settings: Settings = {
    name,
    ports,
    overlay,
    internet,
    image,
    stackImage,
    dataDir: DATA_DIR,
    appsDomain: APPS_DOMAIN,
    drainDelay,
    securityGroups,
    ...(npm.registry !== undefined && { npmRegistry: npm.registry }),
    ...(aptSources.length > 0 && { aptSources }),
  };
  const started = await progress.step(
    'foundation',
    () => ensureFoundation(engine, settings, certificates),
    (fresh) => `${fresh ? 'started' : 'was running'}, API at ${apiUrl(ports)}`,
  );
  return { name, ports, apiUrl: apiUrl(ports), started };
}

const describePorts = ({ ports }: Plan): string => `${Object.values(ports).join(', ')} on 127.0.0.1`;
const describeNetworks = ({ overlay, internet }: Plan): string => `${overlay.cidr}, ${internet.cidr}`;

async function provideImage(
  docker: Docker,
  source: Promise<ImageSource>,
  report: (activity: string) => void,
): Promise<string> {
  const resolved = await source;
  const tag = imageTag(resolved);
  if (await hasImage(docker, tag)) return tag;
  await buildImage(docker, resolved, (step) => report(`${resolved.repository}, ${step}`));
  return tag;
}
