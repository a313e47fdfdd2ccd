/**
 * `npm run proxy-image -- REPOSITORY [--sbom FILE] [--push]`: builds the proxy's image with current packages, checks
 * that it refuses a request, lists its content, and pushes it with the date and `current` as tags.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { run } from './command';
import { enter } from './entry';
import { Failure, reasonOf } from './failure';
import { REPOSITORY } from './platform';
import { Progress } from './progress';
import { changesBetween, type DebianPackage, QUERY, readPackages, spdxOf } from './spdx';

const USAGE = 'npm run proxy-image -- REGISTRY/NAME [--sbom FILE] [--push]';
const HELP = `usage: ${USAGE}

Builds the proxy's image with current packages, checks that it refuses a
request, and shows what has changed since the published one.

--sbom FILE  writes its bill of materials, as SPDX
--push       pushes it, with the date and "current" as its tags`;
const CURRENT = 'current';
const START_SECONDS = 20;

/** Prints the status of a tunnel to an unlisted host. Runs inside the container, which publishes no port. */
const ASK = `use IO::Socket::INET; my $s = IO::Socket::INET->new("127.0.0.1:3128") or exit 1;
print $s "CONNECT not.listed.example:443 HTTP/1.1\\r\\n\\r\\n"; print scalar <$s>;`;

interface Arguments {
  readonly repository: string;
  readonly sbom?: string;
  readonly push: boolean;
}

export function readArguments(args: readonly string[]): Arguments {
  const options = { sbom: { type: 'string' }, push: { type: 'boolean', default: false } } as const;
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const [repository = '', ...rest] = positionals;
  if (rest.length > 0 || !/^[a-z0-9.-]+(:[0-9]+)?(\/[a-z0-9._-]+)+$/.test(repository)) {
    throw new Failure(`"${positionals.join(' ')}" is not a repository`, 'it has no tag, and is in lower case', USAGE);
  }
  return { repository, ...values };
}

const docker = (...args: readonly string[]): Promise<string> => run('docker', args);

const packagesOf = async (image: string): Promise<DebianPackage[]> =>
  readPackages(await docker('run', '--rm', '--network', 'none', '--entrypoint', 'dpkg-query', image, '-Wf', QUERY));

/** Checks that the image starts as it does when deployed, and refuses unlisted hosts. */
async function prove(image: string): Promise<void> {
  const limits = ['--network', 'none', '--read-only', '--cap-drop', 'ALL', '--memory', '128m'];
  const container = (await docker('run', '--detach', ...limits, image)).trim();
  try {
    const deadline = Date.now() + START_SECONDS * 1000;
    for (;;) {
      const answer = await docker('exec', container, 'perl', '-e', ASK).catch(() => '');
      if (answer.startsWith('HTTP/1.1 407')) return;
      if (answer !== '' || Date.now() > deadline) {
        const printed = await docker('logs', container);
        throw new Error(answer === '' ? `it does not answer:\n${printed}` : `it answers with ${answer}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  } finally {
    await docker('rm', '--force', container);
  }
}

interface Base {
  readonly name: string;
  /** The digest of the registry's current image; undefined for an image that was built on this machine. */
  readonly digest?: string;
}

/** The base image, updated from the registry if possible. */
async function baseOf(dockerfile: string): Promise<Base> {
  const name = /^ARG BASE=(\S+)$/m.exec(dockerfile)?.[1] ?? '';
  await docker('pull', '--quiet', name).catch(() => undefined);
  const digests = JSON.parse(await docker('inspect', '--format', '{{json .RepoDigests}}', name)) as string[];
  return { name, digest: /@(sha256:[0-9a-f]{64})$/.exec(digests[0] ?? '')?.[1] };
}

/** Names the base image by its digest, so that it matches the labels. */
function buildOptions({ name, digest }: Base): string[] {
  if (digest === undefined) return ['--build-arg', `BASE=${name}`];
  const label = 'org.opencontainers.image.base';
  const [repository = ''] = name.split(':');
  return [
    ...['--build-arg', `BASE=${repository}@${digest}`],
    ...['--label', `${label}.name=${name}`, '--label', `${label}.digest=${digest}`],
  ];
}

/** The packages in the currently published image; undefined before the first push. */
async function published(tag: string): Promise<DebianPackage[] | undefined> {
  try {
    await docker('pull', '--quiet', tag);
  } catch {
    return undefined;
  }
  return packagesOf(tag);
}

export async function rebuild({ repository, sbom, push }: Arguments, progress: Progress): Promise<void> {
  const day = new Date().toISOString().slice(0, 10);
  const image = `${repository}:${day}`;
  const current = `${repository}:${CURRENT}`;
  const before = await progress.step('published image', () => published(current), describePublished);
  const folder = join(REPOSITORY, 'squid');
  const base = await progress.step(
    'base image',
    async () => baseOf(await readFile(join(folder, 'Dockerfile'), 'utf8')),
    ({ name, digest }) => `${name}, ${digest ?? 'of this machine, without a digest'}`,
  );
  // Without the layers of earlier builds, because the image must have today's packages.
  await progress.step(
    'build',
    () => docker('build', '--quiet', '--no-cache', ...buildOptions(base), '--tag', image, folder),
    (id) => id.trim(),
  );
  await progress.step(
    'start',
    () => prove(image),
    () => 'it refuses what is not listed',
  );
  const packages = await progress.step(
    'packages',
    () => packagesOf(image),
    (found) => `${found.length}`,
  );
  if (sbom !== undefined) {
    const id = (await docker('inspect', '--format', '{{.Id}}', image)).trim();
    const described = { image, id, created: new Date(), release: await releaseOf(image), packages };
    await writeFile(sbom, `${JSON.stringify(spdxOf(described), undefined, 2)}\n`);
  }
  for (const line of before === undefined ? [] : changesBetween(before, packages)) process.stdout.write(`- ${line}\n`);
  if (!push) return;
  await docker('tag', image, current);
  for (const tag of [image, current])
    await progress.step(
      'push',
      () => docker('push', tag),
      () => tag,
    );
}

const describePublished = (packages?: readonly DebianPackage[]): string =>
  packages === undefined ? 'none, or it cannot be pulled' : `${packages.length} packages`;

const releaseOf = async (image: string): Promise<string> => {
  const text = await docker('run', '--rm', '--network', 'none', '--entrypoint', 'cat', image, '/etc/os-release');
  return /^VERSION_CODENAME=(\w+)$/m.exec(text)?.[1] ?? 'unknown';
};

async function main(args: readonly string[]): Promise<void> {
  try {
    await rebuild(readArguments(args), new Progress());
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure('the image was not made', reasonOf(error), 'fix that and run the command again');
  }
}

if (require.main === module) enter(HELP, main);
