import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import Docker from 'dockerode';
import { status } from '@space-egress/foundation';
import { Clone } from './support/clone';
import { FOUNDATION } from './support/demo';

jest.setTimeout(15 * 60_000);

const STATE = 'terraform.egress-demo.tfstate';
/** What npm and the bootstrap create, so that a second command doesn't have to. */
const INSTALLED = ['foundation/node_modules/', 'node_modules/', 'provider/lib/'];

let clone: Clone;
const at = (...path: string[]): string => join(clone.folder, ...path);

beforeAll(() => {
  clone = Clone.make(`${FOUNDATION}-clone`);
});
beforeEach(() => {
  clone.git('checkout', '--quiet', '.');
});
afterAll(() => clone.remove());

/** The titles of the steps that a command reports, without details and times. */
const steps = (output: string): readonly string[] =>
  [...output.matchAll(/^([✓✗]) ([^:(\n]+?)(?::| \()/gm)].map(([, mark, title]) => `${mark ?? ''} ${title ?? ''}`);

const STEPS = [
  '✓ engine',
  '✓ providers',
  '✓ container engine',
  '✓ base image',
  "✓ the proxy's base image",
  '✓ Node.js for containers',
  '✓ S3 server',
  '✓ ports',
  '✓ images',
  '✓ networks',
  '✓ foundation',
  '✓ deploy',
  '✓ applications',
  '✓ requests',
];

const tooWide = (output: string): readonly string[] => output.split('\n').filter((line) => line.length > 80);

/** Processes with the clone as working directory, which a command has left running. */
const processesInside = (): readonly string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`).startsWith(clone.folder);
      } catch {
        return false;
      }
    });

it('starts from nothing, even after an interruption; a second start changes nothing', async () => {
  await clone.npm(['run', 'down']);
  const interrupted = await clone.npm(
    ['start'],
    () => existsSync(at(STATE)) && readFileSync(at(STATE), 'utf8').includes('"cloudfoundry_space"'),
  );
  expect(interrupted.output.replaceAll(/\s+/g, ' ')).toContain(
    'interrupted by SIGINT; the deployment was finished first; npm start continues from there',
  );
  expect(interrupted.code).not.toBe(0);
  expect(steps(interrupted.output)).toEqual([...STEPS.slice(0, STEPS.indexOf('✓ deploy')), '✗ deploy']);
  expect(processesInside()).toEqual([]);
  expect(existsSync(at(`.${STATE}.lock.info`))).toBe(false);

  const first = await clone.npm(['start']);
  const { plan } = await status({ name: clone.foundation });
  expect(first).toEqual({ code: 0, output: first.output });
  expect(steps(first.output)).toEqual(STEPS);
  expect(first.output).toMatch(/^✓ deploy: No changes \(/m);
  expect(first.output).toMatch(/^✓ applications: egress-proxy 2\/2, egress-demo 1\/1 \(/m);
  expect(first.output).toMatch(/^ +# {2}who → whom +way +expected +seen +ms$/m);
  expect(first.output).not.toMatch(/^✗/m);
  expect(first.output).toMatch(/^All \d+ answers are as expected\.$/m);
  expect(first.output).toContain(`The demo runs at http://egress-demo.apps.localhost:${plan?.ports.router ?? 0} (`);
  expect(first.output).toContain(`To remove everything: EGRESS_FOUNDATION=${clone.foundation} npm run down\n`);
  expect(stripVTControlCharacters(first.output)).toBe(first.output);
  expect(tooWide(first.output)).toEqual([]);

  const second = await clone.npm(['start']);
  expect(second).toMatchObject({ code: 0 });
  expect(second.output).toMatch(/^✓ deploy: No changes \(/m);
  expect(second.output).toMatch(/^✓ foundation: was running/m);
});

it('row 15: "npm run down" leaves no container, network, volume, image or file; the doctor and a second one are fine', async () => {
  await clone.npm(['start']);
  const doctor = await clone.npm(['run', 'doctor']);
  const { plan } = await status({ name: clone.foundation });
  expect(doctor.code).toBe(0);
  expect(doctor.output.match(/^[✓·✗] [^:]+/gm)).toEqual([
    '✓ Node.js',
    '✓ engine',
    '✓ provider cloudfoundry/cloudfoundry',
    '✓ provider kreuzwerker/docker',
    '✓ container engine',
    '✓ base image',
    "✓ the proxy's base image",
    '✓ Node.js for containers',
    '✓ S3 server',
    expect.stringMatching(/^[✓·] Go$/),
    '✓ cache',
  ]);

  const down = await clone.npm(['run', 'down']);
  expect(down).toMatchObject({ code: 0 });
  expect(steps(down.output)).toEqual(['✓ look', '✓ engine', '✓ providers', '✓ destroy', '✓ foundation']);
  expect(down.output).toMatch(/^✓ destroy: \d+ destroyed \(/m);
  await expect(leftInEngine(plan?.ports.registry ?? 0)).resolves.toEqual([]);
  // A state that was set aside during the other test belongs to another foundation.
  const files = clone.foreignFiles.filter((file) => !/^terraform\.egress-demo\.[0-9a-f-]{36}\.tfstate$/.test(file));
  expect(files).toEqual(INSTALLED);
  expect(clone.git('status', '--porcelain')).toBe('');

  const again = await clone.npm(['run', 'down']);
  expect(again).toMatchObject({ code: 0 });
  expect(again.output).toContain(`foundation ${clone.foundation} is absent`);
});

it('reports a crash at start with its last lines, sets aside the state of a removed foundation, and recovers', async () => {
  const gone = randomUUID();
  await clone.npm(['run', 'down']);
  const attributes = { id: randomUUID(), name: 'restricted', org: gone };
  const resources = [{ mode: 'managed', type: 'cloudfoundry_space', name: 'x', instances: [{ attributes }] }];
  writeFileSync(at(STATE), JSON.stringify({ version: 4, serial: 1, lineage: gone, outputs: {}, resources }));
  writeFileSync(at('squid', 'entrypoint'), '#!/bin/sh\necho "no squid today" >&2\nexit 3\n');
  writeFileSync(at('app', 'server.js'), "throw new Error('cannot start today');\n");

  const broken = await clone.npm(['start']);
  expect(broken.code).toBe(1);
  expect(steps(broken.output)).toEqual([...STEPS.slice(0, STEPS.indexOf('✓ applications')), '✗ applications']);
  const words = broken.output.replaceAll(/\s+/g, ' ');
  expect(words).toMatch(/✓ deploy: [^(]+; the state of another foundation was set aside \(/);
  expect(words).toMatch(
    /application egress-proxy does not run \(APP\/PROC\/WEB: Exited with status 3\); its last lines: .*no squid today/,
  );
  expect(words).toMatch(
    /application egress-demo does not run \(APP\/PROC\/WEB: Exited with status 1\); its last lines: .*Error: cannot start today/,
  );
  expect(words).toContain(`npm run space-egress -- local logs egress-demo --name ${clone.foundation}`);

  clone.git('checkout', '--quiet', '.');
  const healed = await clone.npm(['start']);
  expect(healed).toMatchObject({ code: 0 });
  expect(healed.output).toMatch(/^All \d+ answers are as expected\.$/m);

  writeFileSync(at('app', 'server.js'), "throw new Error('cannot start again');\n");
  const update = await clone.npm(['start']);
  expect(update.code).toBe(1);
  expect(update.output.replaceAll(/\s+/g, ' ')).toMatch(
    /✗ deploy .*egress-demo: the deployment of \S+ \(revision \d+\) failed; .*Exited with status 1 its last lines: .*cannot start again/,
  );
});

/** Everything that the container engine still has from the clone's foundation. */
async function leftInEngine(registry: number): Promise<readonly string[]> {
  const docker = new Docker();
  const filters = { label: [`space-egress.foundation=${clone.foundation}`] };
  const [containers, networks, volumes, images] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listNetworks({ filters }),
    docker.listVolumes({ filters }),
    docker.listImages(),
  ]);
  return [
    ...containers.flatMap(({ Names }) => Names),
    ...networks.map(({ Name }) => Name),
    ...((volumes.Volumes as { Name: string }[] | null) ?? []).map(({ Name }) => Name),
    ...images
      .flatMap(({ RepoTags, RepoDigests }) => [...((RepoTags as string[] | null) ?? []), ...(RepoDigests ?? [])])
      .filter((name) => name.startsWith(`localhost:${registry}/`)),
  ];
}
