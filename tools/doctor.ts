/** `npm run doctor`: what was found and what would be done. Exits with 1 if something can't be provided. */
import { lookFor, type Outlook } from './acquire';
import { lookForBaseImage } from './base-image';
import { Cache, freeBytes } from './cache';
import { type ContainerEngine, lackOfEngine, lookForContainerEngine, searchContainerEngine } from './container-engine';
import { lookForEngine } from './engine';
import { enter, refuseArguments } from './entry';
import type { Failure } from './failure';
import { buildPlan, findBuilt, goModule } from './go-module';
import { waysToGo } from './go-toolchain';
import { findNodeLinux } from './node-linux';
import { host } from './platform';
import { wrap } from './progress';
import { lookForProviders } from './providers';
import { FOUNDATION_NODE } from './setup';

export interface Item {
  readonly name: string;
  readonly found?: string;
  /** Otherwise, what would be done, in this order until one works. */
  readonly plans?: readonly string[];
  /** Why it can't be provided. */
  readonly lack?: Failure;
}

export const canBeHad = (item: Item): boolean => item.found !== undefined || (item.plans ?? []).length > 0;

export function formatItem(item: Item): string {
  if (item.found !== undefined) return wrap(`✓ ${item.name}: ${item.found}`, '', '  ');
  const plans = item.plans ?? [];
  if (plans.length > 0) return wrap(`· ${item.name}: missing; npm start would ${plans.join(', or else ')}`, '', '  ');
  const lack = item.lack === undefined ? 'it can’t be provided here' : `${item.lack.why}; ${item.lack.remedy}`;
  return wrap(`✗ ${item.name}: ${lack}`, '', '  ');
}

const item = <T>(name: string, { found, plans }: Outlook<T>, describe: (found: T) => string): Item =>
  found === undefined ? { name, plans } : { name, found: describe(found) };

/** The foundation's and the proxy's. */
async function baseImages(engine: ContainerEngine | undefined): Promise<Item[]> {
  const names = { 'base image': 'bookworm', "the proxy's base image": 'trixie' } as const;
  const items = Object.entries(names).map(async ([name, release]) =>
    engine === undefined
      ? { name, plans: ['look for it once there is a container engine'] }
      : item(name, await lookForBaseImage(engine, release), ({ reference, id }) => `${reference}, ${id.slice(7, 19)}`),
  );
  return Promise.all(items);
}

async function containerItems(cache: Cache): Promise<Item[]> {
  const outlook = await lookForContainerEngine();
  const engine = outlook.found;
  const arch = engine?.arch ?? host.arch;
  const gateway = goModule('versitygw');
  const built = findBuilt('versitygw', cache, { os: 'linux', arch });
  const node = await findNodeLinux(FOUNDATION_NODE, arch, cache);
  return [
    engine === undefined && outlook.plans.length === 0
      ? { name: 'container engine', lack: lackOfEngine((await searchContainerEngine()).lack) }
      : item('container engine', outlook, ({ version, address }) => `docker ${version}, ${address}`),
    ...(await baseImages(engine)),
    item(
      'Node.js for containers',
      { found: node, plans: [`download Node.js ${FOUNDATION_NODE} for Linux from npm`] },
      ({ version, path }) => `${version}, ${path}`,
    ),
    item('S3 server', { found: built, plans: [buildPlan(gateway)] }, (path) => `versitygw ${gateway.version}, ${path}`),
  ];
}

const cacheItem = async ({ root }: Cache): Promise<Item> => ({
  name: 'cache',
  found: `${root}, ${Math.floor((await freeBytes(root)) / 1024 ** 2)} MiB free`,
});

/** Looks for everything and changes nothing. */
export async function takeInventory(cache: Cache = new Cache()): Promise<Item[]> {
  const engine = await lookForEngine(undefined, cache);
  const providers = await lookForProviders(engine.found?.name ?? 'tofu', cache);
  return [
    { name: 'Node.js', found: `${process.versions.node}, ${process.execPath}` },
    item('engine', engine, ({ name, version, path }) => `${name} ${version}, ${path}`),
    ...providers.map(({ provider, outlook }) =>
      item(`provider ${provider}`, outlook, ({ version, mirror }) => `${version}, ${mirror ?? 'from its registry'}`),
    ),
    ...(await containerItems(cache)),
    item('Go', await lookFor(waysToGo(cache)), ({ version, path }) => `${version}, ${path}`),
    await cacheItem(cache),
  ];
}

const HELP = `usage: npm run doctor

Shows which requirements of a foundation this machine has, and what npm start
would install. Changes nothing. Exit code 1: something can't be provided.`;

async function main(args: readonly string[]): Promise<void> {
  refuseArguments('npm run doctor', args, 'it only looks; npm start installs what is missing');
  const items = await takeInventory();
  for (const item of items) process.stdout.write(`${formatItem(item)}\n`);
  if (!items.every(canBeHad)) process.exitCode = 1;
}

if (require.main === module) enter(HELP, main);
