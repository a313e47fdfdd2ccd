import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { acquire, type Way } from './acquire';
import { type Cache, type CacheEntry, MEBIBYTE } from './cache';
import { findOnPath, isExecutable, run } from './command';
import { downloadFile, goChecksum, unzip } from './download';
import { executable, host, type Platform } from './platform';
import type { Report } from './progress';

export interface Go {
  readonly version: string;
  readonly path: string;
}

// The first release that downloads the release required by a go.mod by itself.
const OLDEST = [1, 21] as const;

/** The release to download if there is none, with its checksums from Go's checksum database. */
const RELEASE = '1.26.8';
const CHECKSUMS: Readonly<Record<string, string>> = {
  'linux-amd64': 'h1:ZOmGe1OnfREDMIdb1Qi4G9JSuDPBLGExZMQ4nis1RXM=',
  'linux-arm64': 'h1:sYL/O6MqS68ML0kjsQ36WoYIpJqkw60TxizWUYUKQMc=',
  'darwin-amd64': 'h1:7/9KPPN8PckcA9s91hm2jmQMhzW4KyTJXHIs45L0C9M=',
  'darwin-arm64': 'h1:dFjGhY6f8DTsY8/rLchUTDRRfjJP4pCrGCwxvHFT2Fg=',
};

/** Whether the output of `go version` names a release that can build the modules in tools/go. */
export function canBuild(versionOutput: string): boolean {
  const [, major, minor] = /\bgo(\d+)\.(\d+)/.exec(versionOutput) ?? [];
  return Number(major) > OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) >= OLDEST[1]);
}

/** The first web address in `GOPROXY`, whose entries are separated by commas and bars. */
export const goProxy = (env: NodeJS.ProcessEnv = process.env): string =>
  (env.GOPROXY ?? '').split(/[,|]/).find((entry) => /^https?:\/\//.test(entry)) ?? 'https://proxy.golang.org';

async function usable(path: string | undefined): Promise<Go | undefined> {
  if (path === undefined || !isExecutable(path)) return undefined;
  // With "local", the program reports its own version instead of switching to one that a go.mod above requires.
  const output = await run(path, ['version'], { env: { ...process.env, GOTOOLCHAIN: 'local' } }).catch(() => '');
  return canBuild(output) ? { path, version: /go(\d\S*)/.exec(output)?.[1] ?? '' } : undefined;
}

const releaseEntry = (platform: Platform): CacheEntry => ({
  tool: 'go',
  version: RELEASE,
  inputs: [CHECKSUMS[`${platform.os}-${platform.arch}`] ?? ''],
  bytes: 320 * MEBIBYTE,
});

const goIn = (folder: string): Go => ({ version: RELEASE, path: join(folder, 'bin', executable('go')) });

/** Go publishes its releases as modules too, so one proxy serves the compiler and the modules that it compiles. */
async function fetchRelease(folder: string, report: Report): Promise<void> {
  const version = `v0.0.1-go${RELEASE}.${host.os}-${host.arch}`;
  const archive = join(folder, 'go.zip');
  report(`download Go ${RELEASE}`);
  await downloadFile(`${goProxy()}/golang.org/toolchain/@v/${version}.zip`, archive);
  const checksum = await goChecksum(archive);
  if (checksum !== CHECKSUMS[`${host.os}-${host.arch}`])
    throw new Error(`its checksum ${checksum} is not the pinned one`);
  const prefix = `golang.org/toolchain@${version}/`;
  await unzip(archive, folder, (name) => {
    const path = name.slice(prefix.length);
    return { path, program: /^(?:bin|pkg\/tool)\//.test(path) };
  });
  await rm(archive);
}

export function waysToGo(cache: Cache): Way<Go>[] {
  const entry = releaseEntry(host);
  const fetched: Way<Go> = {
    plan: `download Go ${RELEASE} from the Go module proxy`,
    find: () => {
      const folder = cache.find(entry);
      return Promise.resolve(folder === undefined ? undefined : goIn(folder));
    },
    make: async (report) => goIn(await cache.ensure(entry, (folder) => fetchRelease(folder, report), report)),
  };
  return [
    { plan: 'take go from PATH', find: () => usable(findOnPath(executable('go'))) },
    { plan: 'take go from /usr/local/go', find: () => usable('/usr/local/go/bin/go') },
    ...(CHECKSUMS[`${host.os}-${host.arch}`] === undefined ? [] : [fetched]),
  ];
}

export const ensureGo = (cache: Cache, report: Report): Promise<Go> =>
  acquire(
    `Go ${OLDEST.join('.')} or later, needed to build tools from source,`,
    waysToGo(cache),
    'install Go from https://go.dev/dl',
    report,
  );
