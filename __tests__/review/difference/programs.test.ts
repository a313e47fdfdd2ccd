import { difference } from '../../../review/difference/difference';
import type { Trust } from '../../../review/difference/programs';
import type { Application, Facts } from '../../../review/model/facts';
import { plain } from '../../../review/phrase';
import { Model } from '../../../review/model/model';
import { programOf } from '../../../review/readers/resources/programs';
import { Unresolved, type Value } from '../../../review/readers/values';
import { reviewPlans } from '../../../review/review';
import { app, fixed, policy as policyOf, proxy } from '../attacks/attempts';
import { application, bound, CLIENT, policy, recipe, space } from '../support/facts';
import { plan, type Change, planFile } from '../support/plan';

const LIST = { EGRESS_ALLOW: 'www.example.com:443' };
const IMAGE = 'ghcr.io/team/proxy:1';
type Values = Readonly<Record<string, Value>>;

/** The recipe, in which `web` connects to an application with these values in a public space. */
const running = (values: Values, environment: Readonly<Record<string, string>> = LIST, more = recipe()): Facts => ({
  ...more,
  applications: [
    application('outside/proxy', environment, { program: programOf(values) }),
    application('inside/web', CLIENT, { program: programOf({ docker_image: 'web:1' }) }),
  ],
});

const said = (before: Facts, after: Facts, trust?: Trust): string[] =>
  difference(new Model(before), new Model(after), trust).map(
    ({ verdict, way, who, what, via = '' }) => `${verdict} ${way} ${who.join()} > ${via}: ${plain(what)}`,
  );
const unknown = (what: string): string[] => [`unknown program org/inside/web > org/outside/proxy: ${what}`];

describe('another program in the place of a proxy', () => {
  it.each<readonly [what: string, before: Values, after: Values, row: string]>([
    ['an image of another repository', { docker_image: IMAGE }, { docker_image: 'evil/p:1' }, 'the image evil/p:1'],
    [
      'another tag',
      { docker_image: IMAGE },
      { docker_image: 'ghcr.io/team/proxy:2' },
      'the image ghcr.io/team/proxy:2',
    ],
    [
      'an image that is not known yet',
      { docker_image: IMAGE },
      { docker_image: new Unresolved('t', 'known after apply') },
      'an unknown image (known after apply)',
    ],
    ['a command', { docker_image: IMAGE }, { docker_image: IMAGE, command: 'nc -l 3128' }, 'a command'],
    [
      'another command',
      { docker_image: IMAGE, command: 'squid' },
      { docker_image: IMAGE, command: 'nc' },
      'another command',
    ],
    ['no command any more', { docker_image: IMAGE, command: 'squid' }, { docker_image: IMAGE }, 'no command'],
    [
      'a sidecar',
      { docker_image: IMAGE },
      { docker_image: IMAGE, sidecars: [{ name: 'agent', command: 'socat' }] },
      'a sidecar agent',
    ],
    [
      'another sidecar of the name',
      { docker_image: IMAGE, sidecars: [{ name: 'agent', command: 'true' }] },
      { docker_image: IMAGE, sidecars: [{ name: 'agent', command: 'socat' }] },
      'another sidecar agent',
    ],
    [
      'the command of a process',
      { docker_image: IMAGE, processes: [{ type: 'web', command: 'squid' }] },
      { docker_image: IMAGE, processes: [{ type: 'web', command: 'nc' }] },
      'another command of process web',
    ],
    ['files', { path: 'a.zip', source_code_hash: 'x' }, { path: 'a.zip', source_code_hash: 'y' }, 'another package'],
    [
      'buildpacks',
      { path: 'a.zip', source_code_hash: 'x', buildpacks: ['binary_buildpack'] },
      { path: 'a.zip', source_code_hash: 'x', buildpacks: ['https://example.com/own'] },
      'another list of buildpacks',
    ],
    [
      'a stack',
      { path: 'a.zip', source_code_hash: 'x', stack: 'cflinuxfs4' },
      { path: 'a.zip', source_code_hash: 'x', stack: 'own' },
      'another stack',
    ],
    [
      'files in the place of an image',
      { docker_image: IMAGE },
      { path: 'a.zip' },
      'what a buildpack builds instead of an image, a package',
    ],
  ])('is unknown, although the list is the same: %s', (_, before, after, row) => {
    expect(said(running(before), running(after))).toEqual(unknown(row));
    expect(said(running(before), running(before))).toEqual([]);
  });

  it("is unknown for a variable that isn't a list", () => {
    const values = { docker_image: IMAGE };
    expect(said(running(values), running(values, { ...LIST, PERL5OPT: '-Mevil' }))).toEqual(
      unknown('a variable PERL5OPT'),
    );
  });

  it('is accepted from a repository that the settings name, and from no other', () => {
    const trust = { imageRepositories: ['ghcr.io/team/proxy', 'ghcr.io/team/other'] };
    const image = (name: string) => running({ docker_image: name });
    expect(said(image(IMAGE), image('ghcr.io/team/proxy@sha256:00'), trust)).toEqual([]);
    for (const other of ['ghcr.io/team/proxy2:1', 'ghcr.io/team/other:1', 'ghcr.io/team/proxy/deep:1', 'proxy:1']) {
      expect(said(image(IMAGE), image(other), trust)).toEqual(unknown(`the image ${other}`));
    }
    const command = running({ docker_image: 'ghcr.io/team/proxy:2', command: 'nc' });
    expect(said(image(IMAGE), command, trust)).toEqual(unknown('a command'));
  });

  it("is not assumed if an image doesn't use what changes", () => {
    const image = { docker_image: IMAGE, path: 'a', source_code_hash: 'x', buildpacks: ['a'], stack: 'a' };
    const other = { docker_image: IMAGE, path: 'b', source_code_hash: 'y', buildpacks: ['b'], stack: 'b' };
    expect(said(running(image), running(other))).toEqual([]);
  });

  it('is reported for anyone who can connect, if no client in the code does', () => {
    const alone = recipe('', { policies: [] });
    expect(said(running({ docker_image: 'a' }, LIST, alone), running({ docker_image: 'b' }, LIST, alone))).toEqual([
      'unknown program any client > org/outside/proxy: the image b',
    ]);
  });

  it('is assumed if the application was pushed by others before', () => {
    const pushed = running({ docker_image: IMAGE });
    const before = {
      ...pushed,
      applications: pushed.applications.map((one): Application => ({ ...one, owned: false, program: undefined })),
    };
    expect(said(before, running({ docker_image: IMAGE }))).toEqual(unknown(`the image ${IMAGE}`));
  });
});

describe('another program of an application without a list', () => {
  const forwarder = (image: string, more = recipe()) => running({ docker_image: image }, {}, more);

  it('is unknown for clients that may connect to it and reach less', () => {
    expect(said(forwarder('a'), forwarder('b'))).toEqual(unknown('the image b'));
  });

  it('includes another environment, hidden or not, and a removed list', () => {
    const told = (environment: Readonly<Record<string, string>>) => running({ docker_image: 'a' }, environment);
    expect(said(told({}), told({ UPSTREAM: 'https://a.example.gov' }))).toEqual(unknown('a variable UPSTREAM'));
    expect(said(told({ UPSTREAM: 'a' }), told({ UPSTREAM: 'b' }))).toEqual(unknown('another variable UPSTREAM'));
    expect(said(told(LIST), told({}))).toEqual([
      'closes proxy org/inside/web > org/outside/proxy: www.example.com:443',
      ...unknown('no list that the review can read, no variable EGRESS_ALLOW'),
    ]);
  });

  it('is no change for clients that reach as much', () => {
    const open = recipe('', { bindings: [bound('public', 'outside'), bound('public', 'inside')] });
    expect(said(forwarder('a', open), forwarder('b', open))).toEqual([]);
  });

  it("is unknown if it can connect to an application that its client can't", () => {
    const chain = (image: string): Facts => ({
      ...recipe('', { spaces: [space('inside')], bindings: [] }),
      applications: [
        application('inside/web', CLIENT),
        application('inside/relay', {}, { program: programOf({ docker_image: image }) }),
        application('inside/far'),
      ],
      policies: [policy('inside/web', 'inside/relay'), policy('inside/relay', 'inside/far')],
    });
    expect(said(chain('a'), chain('b'))).toEqual(['unknown program org/inside/web > org/inside/relay: the image b']);
  });

  it('is no change for a client, whatever it runs', () => {
    const client = (values: Values, environment = CLIENT): Facts => ({
      ...recipe(),
      applications: [
        application('outside/proxy', LIST),
        application('inside/web', environment, { program: programOf(values) }),
      ],
    });
    const before = client({ docker_image: 'web:1' });
    const after = client({ docker_image: 'web:2', command: 'serve', sidecars: [{ name: 'a', command: 'b' }] });
    expect(said(before, after)).toEqual([]);
    expect(said(before, client({ path: 'a.zip' }, { ...CLIENT, LEVEL: 'debug' } as typeof CLIENT))).toEqual([]);
  });
});

describe('another image that is pushed under the name that a proxy has', () => {
  const IMAGE_OF_PROXY = 'ghcr.io/team/proxy:1';
  const pushed = (type: string, before: object | null, after: object): Change => ({
    address: `${type}.p`,
    provider: 'registry.terraform.io/kreuzwerker/docker',
    before,
    after,
    actions: before === null ? ['create'] : ['delete', 'create'],
  });
  const told = (change: Change, trusted: readonly string[] = []): string[] => {
    const changes = [
      fixed('cloudfoundry_app.web', app('web', { docker_image: 'web' })),
      fixed('cloudfoundry_app.proxy', proxy(LIST.EGRESS_ALLOW, { docker_image: IMAGE_OF_PROXY })),
      fixed('cloudfoundry_network_policy.p', {
        policies: [policyOf({ source_app: 'id of web', destination_app: 'id of proxy', port: '3128' })],
      }),
      change,
    ];
    const settings = { harmlessProviders: [], imageRepositories: trusted };
    const { environments } = reviewPlans([planFile(plan(changes))], [], undefined, settings);
    const rows = environments.flatMap(({ opens, unknown: untold, drift }) => [...opens, ...untold, ...drift]);
    return rows.map(({ what }) => plain(what));
  };
  const row = [`what is pushed as ${IMAGE_OF_PROXY}`];

  it.each([
    [
      'built anew',
      pushed(
        'docker_image',
        { name: IMAGE_OF_PROXY, triggers: { a: '1' } },
        { name: IMAGE_OF_PROXY, triggers: { a: '2' } },
      ),
    ],
    [
      'pushed anew',
      pushed('docker_registry_image', { name: IMAGE_OF_PROXY }, { name: IMAGE_OF_PROXY, keep_remotely: true }),
    ],
    ['pushed by this code from now on', pushed('docker_registry_image', null, { name: IMAGE_OF_PROXY })],
  ])('is unknown where it is %s', (_, change) => {
    expect(told(change)).toEqual(row);
  });

  it('is accepted from a repository that the settings name', () => {
    expect(told(pushed('docker_registry_image', null, { name: IMAGE_OF_PROXY }), ['ghcr.io/team/proxy'])).toEqual([]);
  });

  it('changes nothing under another name', () => {
    expect(told(pushed('docker_registry_image', null, { name: 'ghcr.io/team/proxy:2' }))).toEqual([]);
  });
});
