import { DEFAULT_SETTINGS } from '../../../review/settings';
import { reviewPlans } from '../../../review/review';
import { plan } from '../support/plan';
import { app, fixed, program, stopped, stoppedBetween } from './attempts';

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
    const file = { environment: '', file: 'p.json', stack: 'p', json: plan(web, told(settings)) };
    const settled = { ...DEFAULT_SETTINGS, harmlessProviders: [SOURCES[name]] };
    expect(reviewPlans([file], [], undefined, settled).widens).toBe(false);
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
