import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../../tools/platform';
import { waitFor } from '@space-egress/foundation/testing';
import { runStep } from '../support/workflow';
import { temporaryFolder } from '../support/temporary-folder';

const NAME = `space-egress-rebuild-${process.pid}`;
const folder = temporaryFolder();
const SBOM = join(REPOSITORY, 'sbom.spdx.json');
const today = (): string => new Date().toISOString().slice(0, 10);
const docker = (...args: string[]): string => execFileSync('docker', args, { encoding: 'utf8' }).trim();
let repository = '';

async function rebuild(): Promise<string> {
  const summary = join(folder, 'summary');
  const vars = { EGRESS_REGISTRY: repository.replace(/\/egress-proxy$/, '') };
  const { code, printed } = await runStep(
    { workflow: 'proxy-image.yml', job: 'rebuild', name: 'Rebuild' },
    { vars },
    { cwd: REPOSITORY, env: { ...process.env, GITHUB_STEP_SUMMARY: summary } },
  );
  if (code !== 0) throw new Error(printed);
  return readFileSync(summary, 'utf8');
}

beforeAll(async () => {
  // Without the account that Debian's own configuration requires.
  const configuration = 'version: 0.1\\nstorage: {filesystem: {rootdirectory: /srv}}\\nhttp: {addr: ":5000"}';
  const dockerfile = [
    'FROM debian:bookworm-slim',
    'RUN apt-get update && apt-get install -y --no-install-recommends docker-registry',
    `RUN printf '${configuration}' > /etc/registry.yml`,
    'CMD ["docker-registry", "serve", "/etc/registry.yml"]',
  ];
  execFileSync('docker', ['build', '--quiet', '--tag', NAME, '-'], { input: dockerfile.join('\n') });
  docker('run', '--detach', '--name', NAME, '--publish', '127.0.0.1::5000', NAME);
  const address = `localhost:${docker('port', NAME, '5000').split(':').at(-1) ?? ''}`;
  repository = `${address}/egress-proxy`;
  const answers = (): Promise<boolean> =>
    fetch(`http://${address}/v2/`).then(
      ({ ok }) => ok,
      () => false,
    );
  await waitFor(answers, 'the registry to answer');
}, 300_000);

afterAll(() => {
  // The step writes it there even if it fails later.
  rmSync(SBOM, { force: true });
  docker('rm', '--force', '--volumes', NAME);
  // Without a name, docker would list every image on the machine, and this would remove it. Removes only names, because
  // another test can use the same image.
  const names = repository === '' ? '' : docker('images', '--format', '{{.Repository}}:{{.Tag}}', repository);
  docker('rmi', '--force', NAME, ...names.split('\n').filter((name) => name !== '' && !name.endsWith(':<none>')));
}, 60_000);

test("the workflow's step builds the image, lists what is in it, and pushes it with the date and as current", async () => {
  const before = today();
  const summary = await rebuild();
  expect(summary).toMatch(/✓ start: it refuses what is not listed/);
  const { packages } = JSON.parse(readFileSync(SBOM, 'utf8')) as {
    packages: { name: string; versionInfo: string }[];
  };
  const inside = docker('run', '--rm', '--entrypoint', 'dpkg-query', `${repository}:current`, '-Wf', '${Package}\n');
  expect(packages.slice(1).map(({ name }) => name)).toEqual(inside.split('\n'));
  expect(packages.map(({ name }) => name)).toEqual(expect.arrayContaining(['squid-openssl', 'perl', 'mawk']));
  const day = /✓ push: \S+:(\d{4}-\d\d-\d\d)/.exec(summary)?.[1] ?? '';
  expect([before, today()]).toContain(day);
  const digests = [day, 'current'].map((tag) => {
    docker('pull', '--quiet', `${repository}:${tag}`);
    return docker('inspect', '--format', '{{index .RepoDigests 0}}', `${repository}:${tag}`);
  });
  expect(digests[0]).toMatch(/@sha256:[0-9a-f]{64}$/);
  expect(digests[0]).toBe(digests[1]);
}, 600_000);

test("the table of vulnerabilities has a row for each one in the image's changelog", async () => {
  const vars = { EGRESS_REGISTRY: repository.replace(/\/egress-proxy$/, '') };
  const step = { workflow: 'proxy-image.yml', job: 'rebuild', name: 'Compare with the table of vulnerabilities' };
  const { code, printed } = await runStep(step, { vars }, { cwd: REPOSITORY, env: process.env });
  expect({ code, printed }).toEqual({
    code: 0,
    printed: expect.stringMatching(/\d\d vulnerabilities of squid, each with a row/) as string,
  });
});

test('the image has labels with its base image, if that came from a registry', () => {
  const [name = '', digest = ''] = ['name', 'digest'].map((part) =>
    docker(
      'inspect',
      '--format',
      `{{index .Config.Labels "org.opencontainers.image.base.${part}"}}`,
      `${repository}:current`,
    ),
  );
  const digests = docker('inspect', '--format', '{{json .RepoDigests}}', name === '' ? 'debian:trixie-slim' : name);
  expect(digest).toBe(/sha256:[0-9a-f]{64}/.exec(digests)?.[0] ?? '');
});
