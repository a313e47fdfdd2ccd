import fc from 'fast-check';
import { changed, fixed, LIST, program, proxy, stopped, stoppedBetween, type Values, app } from './attempts';
import { plan, planFile } from '../support/plan';
import { drawn } from '../../support/laws';
import { canonical } from '../../../review/readers/values';
import { reviewPlans } from '../../../review/review';
import { DEFAULT_SETTINGS } from '../../../review/settings';

const word = fc.constantFrom('web', 'worker', 'a', 'b');
const optional = fc.option(word, { nil: null });

/** Attributes of an application that are sets of blocks and determine what runs, without any harmless part. */
const BLOCKS: Readonly<Record<string, fc.Arbitrary<Values>>> = {
  processes: fc.record({ type: word, command: optional }),
  sidecars: fc.record({ name: word, command: word, process_types: fc.uniqueArray(word, { minLength: 1 }) }),
  service_bindings: fc.record({ service_instance: word, params: optional }),
};

/** A process without a command, of the type that every application has, changes nothing. */
const says = ({ type, command }: Values): boolean => type !== 'web' || command !== null;
const asSet = (blocks: readonly Values[]): string => {
  const texts = blocks.map(({ process_types: types, ...block }) =>
    canonical({ ...block, types: Array.isArray(types) ? [...(types as string[])].sort() : null }),
  );
  const isNothing = blocks.filter(({ type }) => type === 'web').every((block) => !says(block));
  return JSON.stringify([...new Set(texts.filter((_, at) => !isNothing || says(blocks[at] ?? {})))].sort());
};

describe('blocks that determine what a proxy runs', () => {
  it.each(Object.entries(BLOCKS))('another set of %s is another program, even with duplicate names', (name, block) => {
    const some = fc.array(block, { maxLength: 3 });
    fc.assert(
      fc.property(some, some, (before, after) => {
        const change = changed('cloudfoundry_app.proxy', proxy(LIST, { [name]: before }), { [name]: after });
        expect(stopped([change])).toBe(asSet(before) !== asSet(after));
      }),
      drawn(20),
    );
  });

  it('a second block of a process is not lost, in any order', () => {
    const block = (command: string): Values => ({ type: 'web', command });
    const runs = (...commands: readonly string[]): Values => proxy(LIST, { processes: commands.map(block) });
    const change = (before: Values, after: Values): boolean =>
      stopped([changed('cloudfoundry_app.proxy', before, after)]);
    expect(change(runs('run'), runs('evil', 'run'))).toBe(true);
    expect(change(runs('run'), runs('run', 'evil'))).toBe(true);
    expect(change(runs('run', 'evil'), runs('evil', 'run'))).toBe(false);
  });

  it('any update uploads the files at the path, which are unknown without a hash', () => {
    const files = (more: Values): Values => proxy(LIST, { docker_image: null, path: './proxy.zip', ...more });
    const update = (before: Values, after: Values): boolean =>
      stopped([changed('cloudfoundry_app.proxy', files(before), files(after))]);
    expect(update({ memory: '64M' }, { memory: '128M' })).toBe(true);
    expect(update({ memory: '64M', source_code_hash: 'a' }, { memory: '128M', source_code_hash: 'a' })).toBe(false);
    expect(update({ memory: '64M' }, { memory: '64M' })).toBe(false);
  });

  it('a hash that is a constant in the code says nothing about the files', () => {
    const values = (memory: string): Values =>
      proxy(LIST, { docker_image: null, path: './proxy.zip', source_code_hash: 'v1', memory });
    const config = (source_code_hash: object) => ({
      resources: [{ address: 'cloudfoundry_app.proxy', mode: 'managed', expressions: { source_code_hash } }],
    });
    const update = changed('cloudfoundry_app.proxy', values('64M'), { memory: '128M' });
    expect(stopped([update], config({ constant_value: 'v1' }))).toBe(true);
    expect(stopped([update], config({}))).toBe(false);
    expect(stopped([fixed('cloudfoundry_app.proxy', values('64M'))], config({ constant_value: 'v1' }))).toBe(false);
    const says = (more: Values): object => program({ cloudfoundry_app: { proxy: { ...values('64M'), ...more } } });
    expect(stoppedBetween(says({}), says({ memory: '128M' }))).toBe(true);
    expect(stoppedBetween(says({}), says({}))).toBe(false);
    const path = `assets/proxy/${'0'.repeat(32)}/archive.zip`;
    expect(stoppedBetween(says({ path }), says({ path, memory: '128M' }))).toBe(false);
  });
});

const WEB = { cloudfoundry_app: { web: app('web') } };
const SOURCES = {
  aws: 'hashicorp/aws',
  docker: 'kreuzwerker/docker',
  kubernetes: 'hashicorp/kubernetes',
  local: 'hashicorp/local',
};
const required_providers = Object.fromEntries(Object.entries(SOURCES).map(([name, source]) => [name, { source }]));

/** Settings that make otherwise harmless providers run something. */
const RUNNING: readonly (readonly [name: keyof typeof SOURCES, settings: object])[] = [
  ['kubernetes', { exec: { api_version: 'v1', command: 'evil' } }],
  ['docker', { ssh_opts: ['-o', 'ProxyCommand=evil'] }],
  ['aws', { shared_config_files: ['evil'] }],
];

describe("a harmless provider isn't harmless if it is configured to run a program", () => {
  it.each(RUNNING)('%s, in a program', (name, settings) => {
    const told = (more: object): object =>
      program(WEB, { terraform: { required_providers }, provider: { [name]: [more] } });
    expect(stoppedBetween(told({}), told(settings))).toBe(true);
    expect(stoppedBetween(told(settings), told(settings))).toBe(false);
    expect(stoppedBetween(told(settings), told({ ...settings, insecure: true }))).toBe(false);
  });

  it.each(RUNNING)("%s, in a plan, which doesn't show whether that is new", (name, settings) => {
    const full_name = `registry.terraform.io/${SOURCES[name]}`;
    const web = [fixed('cloudfoundry_app.web', app('web'))];
    const told = (expressions: object) => ({ provider_config: { [name]: { name, full_name, expressions } } });
    expect(stopped(web, told(settings))).toBe(true);
    expect(stopped(web, told({}))).toBe(false);
    const settled = { ...DEFAULT_SETTINGS, harmlessProviders: [SOURCES[name]] };
    expect(reviewPlans([planFile(plan(web, told(settings)))], [], undefined, settled).widens).toBe(false);
  });

  it('a data source that runs a command', () => {
    const asks = (command: string): object =>
      program(WEB, { terraform: { required_providers }, data: { local_command: { x: { command } } } });
    expect(stoppedBetween(program(WEB, { terraform: { required_providers } }), asks('evil'))).toBe(true);
    expect(stoppedBetween(asks('env'), asks('evil'))).toBe(true);
    expect(stoppedBetween(asks('env'), asks('env'))).toBe(false);
    const provider_config = { local: { full_name: 'registry.terraform.io/hashicorp/local' } };
    const resources = [
      { address: 'data.local_command.x', mode: 'data', type: 'local_command', provider_config_key: 'local' },
    ];
    expect(stopped([], { provider_config, resources })).toBe(true);
  });

  it('a provider without resources in the plan, whose functions may be called', () => {
    const configured = (full_name: string) => ({ provider_config: { x: { name: 'x', full_name } } });
    expect(stopped([], configured('registry.terraform.io/evil/files'))).toBe(true);
    expect(stopped([], configured('registry.opentofu.org/hashicorp/time'))).toBe(false);
    const used = { address: 'files_x.x', provider: 'registry.terraform.io/evil/files', before: {}, after: {} };
    expect(stopped([used], configured('registry.terraform.io/evil/files'))).toBe(false);
  });
});
