/**
 * What a hole in the admission would give access to: plans configurations that are never admitted like admitted ones,
 * with the real engine and provider and the foundation's API.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { reviewPlanCommand } from '../../../review/commands';
import { ENGINE_NAMES } from '../../../tools/engine';
import { engineEnvironment, ensureProviders } from '../../../tools/providers';
import { startFoundation, type Foundation } from '@space-egress/foundation/testing';
import { runCommand } from '../support/command';
import { lockOf } from '../support/engine';
import { engineHere, testUnder } from '../../support/engines';
import { temporaryFolder, writeFiles } from '../../support/temporary-folder';

jest.setTimeout(300_000);

describe.each(ENGINE_NAMES)('a plan by %s', (name) => {
  let foundation: Foundation;
  let folder: string;
  let lock = '';
  let withDocker = '';
  const before = { ...process.env };
  const secret = {
    file: 'canary-of-a-file',
    machine: 'canary-of-the-machine',
    seed: 'canary-of-a-variable',
    docker: 'canary-of-docker',
  };

  beforeAll(async () => {
    const engine = await engineHere(name);
    foundation = await startFoundation();
    folder = temporaryFolder({ secret: secret.file });
    const { username, password } = foundation.service.credentials.deployer;
    Object.assign(process.env, await engineEnvironment(engine, await ensureProviders(name)), {
      PATH: `${dirname(engine.path)}:${process.env.PATH ?? ''}`,
      OF_THE_MACHINE: secret.machine,
      CONFIG: `CF_API_URL=${foundation.service.url}`,
      CREDENTIALS: `CF_USER=${username}\nCF_PASSWORD=${password}\nTF_VAR_seed=${secret.seed}\nDOCKER_REGISTRY_USER=${secret.docker}`,
    });
    lock = lockOf(engine.path, process.env, ['cloudfoundry/cloudfoundry']);
    withDocker = lockOf(engine.path, process.env, ['cloudfoundry/cloudfoundry', 'kreuzwerker/docker']);
  });

  afterAll(async () => {
    process.env = before;
    await foundation.close();
  });

  const whenAvailable = testUnder(name);

  async function plan(more: object, locked = lock) {
    rmSync(join(folder, 'stacks'), { recursive: true, force: true });
    const json = {
      terraform: { required_providers: { cloudfoundry: { source: 'cloudfoundry/cloudfoundry' } } },
      provider: { cloudfoundry: {} },
      variable: { seed: { sensitive: true } },
      ...more,
    };
    writeFiles(join(folder, 'stacks/demo'), { 'cdk.tf.json': JSON.stringify(json), '.terraform.lock.hcl': locked });
    const outcome = await runCommand(reviewPlanCommand(), [
      ...['--stacks', join(folder, 'stacks'), '--out', join(folder, 'plans'), '--engine', name],
    ]);
    return { ...outcome, plan: () => readFileSync(join(folder, 'plans', 'demo.json'), 'utf8') };
  }

  const values = (text: string): Readonly<Record<string, unknown>> => {
    const { planned_values } = JSON.parse(text) as { planned_values: { outputs: Record<string, { value: unknown }> } };
    return Object.fromEntries(Object.entries(planned_values.outputs).map(([key, { value }]) => [key, value]));
  };

  whenAvailable('reads the platform with the provider’s account, which the engine does not have', async () => {
    const { code, plan: text } = await plan({
      data: { cloudfoundry_org: { demo: { name: 'egress-demo' } } },
      output: {
        org: { value: '${data.cloudfoundry_org.demo.id}' },
        own: { value: '${filebase64("/proc/self/environ")}' },
        first: { value: '${filebase64("/proc/1/environ")}' },
        processes: { value: '${fileset("/proc", "[0-9]*/comm")}' },
        root: { value: '${fileset("/", "*/*")}' },
        secret: { value: `\${fileexists("${join(folder, 'secret')}")}` },
        checkout: { value: `\${fileexists("${join(process.cwd(), 'package.json')}")}` },
      },
    });
    expect(code).toBe(0);
    const found = values(text());
    expect(found).toMatchObject({
      org: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      secret: false,
      checkout: false,
    });
    // Only the engine: no shell, no files of the machine, and no other processes.
    expect(found.processes).toEqual(['1/comm']);
    expect(found.root).toContain('etc/hosts');
    expect((found.root as string[]).filter((path) => /^(?:bin|home|root|usr|var|work|opt)(?:\/|$)/.test(path))).toEqual(
      [],
    );
    const environments = ['own', 'first'].map((each) => Buffer.from(String(found[each]), 'base64').toString());
    const { password } = foundation.service.credentials.deployer;
    for (const environment of environments) {
      // Expressions need the program's variables.
      expect(environment).toContain(`TF_VAR_seed=${secret.seed}`);
      for (const absent of [password, 'CF_PASSWORD', 'CF_USER', secret.machine])
        expect(environment).not.toContain(absent);
    }
  });

  whenAvailable('shows nothing of what engine and provider print, and says where it failed', async () => {
    const { code, out, error } = await plan({
      data: { cloudfoundry_org: { demo: { name: '${base64encode(nonsensitive(var.seed))}' } } },
    });
    expect(code).toBe(1);
    expect(error).toMatch(
      /^space-egress: the plan failed in 'plan': the output is hidden because it may contain secrets/,
    );
    const masks = out.split('\n').filter((line) => line.startsWith('::add-mask::'));
    expect(out.trim().split('\n')).toEqual(masks);
    expect(`${out.replaceAll(`::add-mask::${secret.seed}`, '')}${error}`).not.toContain(secret.seed);
    expect(`${out}${error}`).not.toContain(Buffer.from(secret.seed).toString('base64'));
  });

  whenAvailable('plans an image with the Docker provider, in a separate container', async () => {
    const [cloudfoundry, docker] = [{ source: 'cloudfoundry/cloudfoundry' }, { source: 'kreuzwerker/docker' }];
    const {
      code,
      error,
      plan: text,
    } = await plan(
      {
        terraform: { required_providers: { cloudfoundry, docker } },
        provider: {
          cloudfoundry: {},
          docker: { registry_auth: [{ address: 'registry.example', username: 'u', password: 'p' }] },
        },
        resource: { docker_image: { proxy: { name: 'registry.example/proxy:1', keep_locally: true } } },
        output: { own: { value: '${filebase64("/proc/self/environ")}' } },
      },
      withDocker,
    );
    expect([code, error]).toEqual([0, '']);
    const { resource_changes: changes } = JSON.parse(text()) as { resource_changes: object[] };
    expect(changes).toMatchObject([{ address: 'docker_image.proxy', change: { actions: ['create'] } }]);
    // No process in the engine's container can access Docker.
    expect(Buffer.from(String(values(text()).own), 'base64').toString()).not.toContain(secret.docker);
  });

  whenAvailable('takes no provider but the one that is locked, and says which and what to do', async () => {
    const another = lock.replace(/"h1:[^"]*"/, `"h1:${'A'.repeat(43)}="`);
    for (const [more, locked] of [
      [{}, another],
      [{ resource: { docker_image: { x: { name: 'x' } } } }, lock],
    ] as const) {
      const { code, error } = await plan(more, locked);
      expect(code).toBe(1);
      expect(error).toMatch(/the plan failed in 'init': .* accepts only providers in \.terraform\.lock\.hcl/);
      expect(error).toMatch(/\(registry\.\S+\/cloudfoundry\/cloudfoundry \d+\.\d+\.\d+\)/);
      expect(error).toMatch(/add them on the default branch with 'providers lock -platform=linux_[a-z0-9]+'/);
      expect(readFileSync(join(folder, 'stacks', 'demo', '.terraform.lock.hcl'), 'utf8')).toBe(locked);
    }
  });

  whenAvailable('leaves no container, no image and no file behind', async () => {
    await plan({ output: { x: { value: 'x' } } });
    const left = ['ps --all --format {{.Names}}', 'image ls --format {{.Repository}}'].map((args) =>
      execFileSync('docker', args.split(' '), { encoding: 'utf8' }),
    );
    expect(left.join('')).not.toContain(`space-egress-plan-${process.pid}-`);
    expect(() => readFileSync(join(folder, 'stacks', 'demo', 'tfplan'))).toThrow('ENOENT');
  });
});
