import { Lock } from '../../../review/admission/lock';

const block = (address: string, version = '1.16.0'): string =>
  `provider "${address}" {\n  version     = "${version}"\n  constraints = "~> 1.16"\n  hashes = [\n    "h1:a=",\n    "zh:b",\n  ]\n}\n`;
const CF = 'registry.terraform.io/cloudfoundry/cloudfoundry';
const DOCKER = 'registry.terraform.io/kreuzwerker/docker';
const HEAD =
  '# This file is maintained automatically by "terraform init".\n# Manual edits may be lost in future updates.\n\n';
const lock = new Lock(`${HEAD}${block(CF)}\n${block(DOCKER, '3.6.2')}`);

const asks = (providers: object, more: object = {}): object => ({
  terraform: { required_providers: providers },
  ...more,
});
const cloudfoundry = { source: 'cloudfoundry/cloudfoundry', version: '~> 1.16' };
const docker = { source: 'kreuzwerker/docker' };

describe('the lock of the default branch', () => {
  const reasons = (json: object) => {
    const sides = [[{ name: 'demo', json }], [{ name: 'demo', json: asks({ cloudfoundry }) }]] as const;
    return [...lock.reasonsAsked(...sides), ...lock.reasonsImplied(...sides)];
  };

  it('contains only what a stack needs, because the engine considers a file with more outdated', () => {
    expect(lock.of(asks({ cloudfoundry, docker }))).toBe(`${block(CF)}\n${block(DOCKER, '3.6.2')}`);
    expect(lock.of(asks({ cloudfoundry }))).toBe(block(CF));
    expect(lock.of({ terraform: [{ required_providers: [{ docker }] }] })).toBe(block(DOCKER, '3.6.2'));
    expect(lock.of(asks({ cf: { source: 'registry.terraform.io/CloudFoundry/cloudfoundry' } }))).toBe(block(CF));
    expect(lock.of({ resource: { terraform_data: { x: {} } } })).toBe('');
  });

  it("refuses a version that the default branch doesn't require, and names both and the remedy", () => {
    expect(reasons(asks({ cloudfoundry: { ...cloudfoundry, version: '~> 1.17' } }))).toEqual([
      'demo: provider cloudfoundry/cloudfoundry ~> 1.17 is required, but the default branch requires ~> 1.16: ' +
        "merge it first, with its hashes by 'providers lock'",
    ]);
    expect(reasons(asks({ cloudfoundry: { source: cloudfoundry.source } }))).toHaveLength(1);
  });

  it.each([
    ['is asked for', asks({ cloudfoundry, random: { source: 'hashicorp/random' } }), 'hashicorp/random'],
    ['is another one of the same name', asks({ cloudfoundry: { source: 'evil/cloudfoundry' } }), 'evil/cloudfoundry'],
    [
      'is of another registry',
      asks({ docker: { source: 'evil.example/kreuzwerker/docker' } }),
      'evil.example/kreuzwerker/docker',
    ],
    [
      'the type of a resource implies',
      asks({ cloudfoundry }, { resource: { random_id: { x: {} } } }),
      'hashicorp/random',
    ],
    [
      'a resource names',
      asks({ cloudfoundry }, { resource: { cloudfoundry_app: { x: { provider: 'evil.x' } } } }),
      'hashicorp/evil',
    ],
    [
      'the type of a list of look-ups implies',
      asks({ cloudfoundry }, { data: [{ http: [{ x: [{}] }] }] }),
      'hashicorp/http',
    ],
    ['has settings', asks({ cloudfoundry }, { provider: { random: {} } }), 'hashicorp/random'],
  ])('refuses a provider that is not in it and %s', (_, change, provider) => {
    expect(reasons(change)).toEqual([
      `demo: provider ${provider} is required, but .terraform.lock.hcl has ${CF} 1.16.0, ${DOCKER} 3.6.2: ` +
        "merge it first, with its hashes by 'providers lock'",
    ]);
  });

  it('reports nothing about what is locked, or about a new stack', () => {
    expect(reasons(asks({ cloudfoundry, docker }))).toEqual([]);
    expect(lock.reasonsAsked([{ name: 'new', json: asks({ evil: '1' }) }], [])).toEqual([]);
  });

  it('repeats no unusual name', () => {
    const named = asks({ cloudfoundry, x: { source: 'a/b\n::error::', version: '`@me`' } });
    expect(reasons(named).join()).toMatch(
      /^demo: provider a name that is not plain a name that is not plain is required/,
    );
  });
});
