import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { collectGarbage } from '../collect-garbage';
import { arrangeBucket, ensureBucket, grantAccess, removeBucket, revokeAccess } from './buckets';
import { CONFIGURATION, RUN_DIR, S3_DIR, type Command, type Configuration, type Requests } from './files';
import { startGateways } from './gateways';
import { locate, offSubnetRoutes, S3_DOORS, siteAddresses, standInRules, WEB_SITES } from './names';
import { type S3Account, S3Client } from './s3-client';
import { openSite } from './sites';

/** The program of the `internet` container: serves all web sites and S3, or runs one command for the running server. */
const ROOT_FILE = join(RUN_DIR, 'root.json');
const READY_FILE = join(RUN_DIR, 'ready');
const READY_LIMIT = 30_000;
const POLL = 50;

async function readConfiguration(): Promise<Configuration> {
  return JSON.parse(await readFile(CONFIGURATION, 'utf8')) as Configuration;
}

function administrator(configuration: Configuration, account: S3Account): S3Client {
  const address = locate(S3_DOORS.public.place, configuration.internet);
  return new S3Client({ address, ca: configuration.ca, account });
}

async function writeSecret(name: string, content: string): Promise<string> {
  const path = join(RUN_DIR, name);
  await writeFile(path, content, { mode: 0o600 });
  return path;
}

function fail(reason: string): never {
  console.error(reason);
  process.exit(1);
}

async function serve(): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0));
  const configuration = await readConfiguration();
  const { internet, s3, ownBucket } = configuration;
  const standIns = offSubnetRoutes(internet).map(({ standIn }) => standIn);
  for (const address of [...siteAddresses(internet), ...standIns]) {
    execFileSync('ip', ['address', 'replace', `${address}/32`, 'dev', 'lo']);
  }
  execFileSync('nft', ['-f', '-'], { input: standInRules(internet) });
  await mkdir(RUN_DIR, { recursive: true });
  // The administrator's keys are needed only in this container, so they exist only as long as it runs.
  const root = { accessKeyId: 'root', secretAccessKey: randomBytes(24).toString('hex') };
  await startGateways({
    internet,
    dataDir: S3_DIR,
    certificatePath: await writeSecret('s3.crt', s3.certificate),
    keyPath: await writeSecret('s3.key', s3.key),
    root,
    onExit: fail,
  });
  await Promise.all([
    ensureBucket(administrator(configuration, root), ownBucket),
    ...WEB_SITES.map((site) => {
      const certificate = configuration.sites[site.name];
      return openSite({ ...site, address: locate(site.place, internet), certificate });
    }),
  ]);
  await writeSecret('root.json', JSON.stringify(root));
  await writeFile(READY_FILE, '');
  // Frees the 64 MiB of a sample object, which is in the bucket now.
  collectGarbage();
}

async function ready(): Promise<void> {
  const deadline = performance.now() + READY_LIMIT;
  while (!existsSync(READY_FILE)) {
    if (performance.now() > deadline)
      throw new Error(`the simulated internet is not ready after ${READY_LIMIT / 1000} s`);
    await wait(POLL);
  }
}

const WORK: { readonly [K in keyof Requests]: (admin: S3Client, request: Requests[K]) => Promise<void> } = {
  'arrange-bucket': arrangeBucket,
  'remove-bucket': removeBucket,
  'grant-access': grantAccess,
  'revoke-access': revokeAccess,
};

/** Runs the request on standard input, as the S3 server's administrator. */
async function administer(command: keyof Requests): Promise<void> {
  const request: unknown = JSON.parse(await text(process.stdin));
  await ready();
  const root = JSON.parse(await readFile(ROOT_FILE, 'utf8')) as S3Account;
  const work = WORK[command] as (admin: S3Client, request: unknown) => Promise<void>;
  await work(administrator(await readConfiguration(), root), request);
}

const command = process.argv[2] as Command | undefined;
const run = command === undefined ? serve() : command === 'ready' ? ready() : administer(command);
run.catch((error: unknown) => fail(error instanceof Error ? error.message : String(error)));
