import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REPOSITORY } from '../../tools/platform';
import { runStep } from '../support/workflow';
import { waitFor } from '../support/wait';

// Two images are built from Debian's packages, which takes as long as the network and the machine let it.
jest.setTimeout(15 * 60_000);

const NAME = `space-egress-rebuild-${process.pid}`;
const folder = mkdtempSync(join(tmpdir(), 'proxy-image-'));
const docker = (...args: string[]): string => execFileSync('docker', args, { encoding: 'utf8' }).trim();
let repository: string | undefined;
const today = (): string => new Date().toISOString().slice(0, 10);

async function rebuild(into: string): Promise<string> {
  const summary = join(folder, 'summary');
  const vars = { EGRESS_REGISTRY: into.replace(/\/egress-proxy$/, '') };
  const { code, printed } = await runStep(
    { workflow: 'proxy-image.yml', job: 'rebuild', name: 'Rebuild' },
    { vars },
    { cwd: REPOSITORY, env: { ...process.env, GITHUB_STEP_SUMMARY: summary } },
  );
  if (code !== 0) throw new Error(printed);
  const sbom = join(REPOSITORY, 'sbom.spdx.json');
  copyFileSync(sbom, join(folder, 'sbom.spdx.json'));
  rmSync(sbom);
  return readFileSync(summary, 'utf8');
}

beforeAll(async () => {
  // Without the account that Debian's own configuration asks for.
  const configuration = 'version: 0.1\\nstorage: {filesystem: {rootdirectory: /srv}}\\nhttp: {addr: ":5000"}';
  const dockerfile = [
    'FROM debian:bookworm-slim',
    'RUN apt-get update && apt-get install -y --no-install-recommends docker-registry',
    `RUN printf '${configuration}' > /etc/registry.yml`,
    'CMD ["docker-registry", "serve", "/etc/registry.yml"]',
  ];
  execFileSync('docker', ['build', '--quiet', '--tag', NAME, '-'], { input: dockerfile.join('\n') });
  docker('run', '--detach', '--name', NAME, '--publish', '127.0.0.1::5000', NAME);
  const port = docker('port', NAME, '5000').split(':').at(-1) ?? '';
  repository = `localhost:${port}/egress-proxy`;
  const answers = (): Promise<boolean> =>
    fetch(`http://127.0.0.1:${port}/v2/`).then(
      ({ ok }) => ok,
      () => false,
    );
  await waitFor(answers, 'the registry to answer');
});

afterAll(() => {
  rmSync(folder, { recursive: true });
  docker('rm', '--force', '--volumes', NAME);
  // Without a name docker would list, and this remove, every image of the machine.
  const images = repository === undefined ? '' : docker('images', '--quiet', repository);
  docker('rmi', '--force', NAME, ...new Set(images.split('\n').filter(Boolean)));
});

test("the workflow's step builds the image, lists what is in it, and pushes it with the date and as current", async () => {
  if (repository === undefined) throw new Error('there is no registry');
  const began = today();
  const summary = await rebuild(repository);
  expect(summary).toMatch(/✓ start: it refuses what is not listed/);
  const { packages } = JSON.parse(readFileSync(join(folder, 'sbom.spdx.json'), 'utf8')) as {
    packages: { name: string; versionInfo: string }[];
  };
  const inside = docker('run', '--rm', '--entrypoint', 'dpkg-query', `${repository}:current`, '-Wf', '${Package}\n');
  expect(packages.slice(1).map(({ name }) => name)).toEqual(inside.split('\n'));
  expect(packages.map(({ name }) => name)).toEqual(expect.arrayContaining(['squid-openssl', 'perl', 'mawk']));
  const [, day = ''] = /\/egress-proxy:(\d{4}-\d\d-\d\d)/.exec(summary) ?? [];
  // A build may begin on one day and end on the next.
  expect([began, today()]).toContain(day);
  const digests = [day, 'current'].map((tag) => {
    docker('pull', '--quiet', `${repository}:${tag}`);
    return docker('inspect', '--format', '{{index .RepoDigests 0}}', `${repository}:${tag}`);
  });
  expect(digests[0]).toMatch(/@sha256:[0-9a-f]{64}$/);
  expect(digests[0]).toBe(digests[1]);
});
