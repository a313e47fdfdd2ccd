import { difference } from '../../../review/difference/difference';
import { Model } from '../../../review/model/model';
import { plain } from '../../../review/phrase';
import { factsOf } from '../../../review/readers/resources';
import type { Resource } from '../../../review/readers/values';

type Values = Resource['values'];

const made = (address: string, values: Values): Resource => {
  return { stack: 's', address, managed: true, type: address.split('.')[0] ?? '', values };
};
const SPACE: Values = { id: 'space', name: 'home', org: 'org-id', allow_ssh: true };
const APP: Values = {
  id: 'app',
  name: 'web',
  org_name: 'org',
  space_name: 'home',
  docker_image: 'x',
  enable_ssh: false,
};
const world = (more: readonly Resource[] = [], app: Values = {}, space: Values = {}): Model =>
  new Model(
    factsOf([
      { ...made('cloudfoundry_org.o', { id: 'org-id', name: 'org' }), managed: false },
      made('cloudfoundry_space.home', { ...SPACE, ...space }),
      made('cloudfoundry_app.web', { ...APP, ...app }),
      made('cloudfoundry_domain.d', { id: 'domain', name: 'tcp.example.gov', internal: false }),
      ...more,
    ]),
  );
const said = (before: Model, after: Model): string[] =>
  difference(before, after).map(
    ({ verdict, way, who, what, via }) =>
      `${verdict} ${way} ${who.join()}: ${plain(what)}${via === undefined ? '' : ` > ${via}`}`,
  );

const role = made('cloudfoundry_space_role.r', { type: 'space_developer', username: 'eve', space: 'space' });
const manager = made('cloudfoundry_org_role.r', { type: 'organization_manager', username: 'eve', org: 'org-id' });
const drain = (url: string) =>
  made('cloudfoundry_service_instance.logs', { id: 'i', name: 'logs', space: 'space', syslog_drain_url: url });
const BOUND: Values = { service_bindings: [{ service_instance: 'logs' }] };

describe('access that is granted', () => {
  it('is reported for roles', () => {
    expect(said(world(), world([role, manager]))).toEqual([
      'opens role eve: organization_manager > org',
      'opens role eve: space_developer > org/home',
    ]);
    expect(said(world([role]), world())).toEqual(['closes role eve: space_developer > org/home']);
    expect(said(world([role]), world([role]))).toEqual([]);
  });

  it("is reported for SSH in a space without an application in the code, such as one known only by its organization's id", () => {
    const [closed, elsewhere] = [{ allow_ssh: false }, { enable_ssh: true, org_name: 'another' }];
    expect(said(world([], elsewhere, closed), world([], elsewhere))).toEqual(['unknown shell org/home: a shell']);
    expect(said(world([], elsewhere), world([], elsewhere, closed))).toEqual([]);
  });

  it('is reported for SSH, which requires that both the application and its space allow it', () => {
    expect(said(world(), world([], { enable_ssh: true }))).toEqual(['opens shell org/home/web: a shell']);
    expect(said(world([], { enable_ssh: true }), world())).toEqual(['closes shell org/home/web: a shell']);
    const closed = { allow_ssh: false };
    expect(said(world([], {}, closed), world([], { enable_ssh: true }, closed))).toEqual([]);
    expect(said(world([], { enable_ssh: true }, closed), world([], { enable_ssh: true }))).toEqual([
      'opens shell org/home/web: a shell',
    ]);
  });

  it('is reported for logs, with the host of the drain but never a secret in its address', () => {
    const url = 'syslog-tls://key:secret@logs.example.net:6514/?token=secret';
    const found = said(world([], {}), world([drain(url)], BOUND));
    expect(found).toEqual([
      'opens logs org/home/web: logs.example.net:6514',
      'opens logs whoever binds logs: logs.example.net:6514',
    ]);
    const other = world([drain(url.replace('token=secret', 'token=other'))], BOUND);
    expect(said(world([drain(url)], BOUND), other).filter((line) => line.startsWith('opens'))).toHaveLength(2);
    const binding = made('cloudfoundry_service_credential_binding.b', {
      type: 'app',
      app: 'app',
      service_instance: 'i',
    });
    expect(said(world([drain(url)]), world([drain(url), binding]))).toEqual([
      'opens logs org/home/web: logs.example.net:6514',
    ]);
  });

  it('is unknown for logs if the service was created elsewhere', () => {
    expect(said(world(), world([], BOUND))).toEqual(['unknown logs org/home/web: whatever service logs drains to']);
  });

  it('is reported for requests that a route service receives', () => {
    const route = made('cloudfoundry_route.r', { id: 'r', host: 'www', domain: 'domain', destinations: [] });
    const service = made('cloudfoundry_service_instance.s', {
      id: 'i',
      name: 'scan',
      space: 'space',
      route_service_url: 'https://scan.example.net/x',
    });
    const binding = made('cloudfoundry_service_route_binding.b', { route: 'r', service_instance: 'i' });
    expect(said(world([route, service]), world([route, service, binding]))).toEqual([
      'opens service www.tcp.example.gov: scan.example.net',
    ]);
  });
});

describe('a route', () => {
  const to = (values: Values) =>
    world([made('cloudfoundry_route.r', { domain: 'domain', destinations: [{ app_id: 'app' }], ...values })]);

  it('of a TCP domain is identified by its port', () => {
    expect(said(world(), to({ port: 1024 }))).toEqual(['opens route anyone: tcp.example.gov:1024 > org/home/web']);
    expect(said(to({ port: 1024 }), to({ port: 1025 }))).toEqual([
      'closes route anyone: tcp.example.gov:1024 > org/home/web',
      'opens route anyone: tcp.example.gov:1025 > org/home/web',
    ]);
  });

  it('without a host is named after its domain', () => {
    expect(said(world(), to({}))).toEqual(['opens route anyone: tcp.example.gov > org/home/web']);
    expect(said(to({ host: 'www' }), to({ host: '' }))).toContain('opens route anyone: tcp.example.gov > org/home/web');
  });

  it('of an unknown domain differs from its neighbor', () => {
    const unknown = (name: string) => made(`cloudfoundry_route.${name}`, { destinations: [{ app_id: 'app' }] });
    expect(said(world([unknown('a')]), world([unknown('a'), unknown('b')]))).toHaveLength(1);
  });
});

describe('a service whose plans are platform accounts', () => {
  const planned = (offering: string): Resource => ({
    ...made('data.cloudfoundry_service_plan.p', {
      id: 'plan',
      name: 'space-deployer',
      service_offering_name: offering,
    }),
    type: 'cloudfoundry_service_plan',
    managed: false,
  });
  const account = planned('cloud-gov-service-account');
  const instance = (plan: string) =>
    made('cloudfoundry_service_instance.i', { id: 'i', name: 'deployer', space: 'space', service_plan: plan });
  const binding = (values: Values) =>
    made('cloudfoundry_service_credential_binding.k', { name: 'key', service_instance: 'i', ...values });

  it('is reported with the role', () => {
    expect(said(world([account]), world([account, instance('plan')]))).toEqual([
      'opens role whoever binds deployer: space-deployer > org/home',
    ]);
  });

  it('is reported for each key and each bound application', () => {
    const before = [account, instance('plan')];
    expect(said(world(before), world([...before, binding({ type: 'key' })]))).toEqual([
      'opens role whoever has key: space-deployer > org/home',
    ]);
    expect(said(world(before), world([...before, binding({ type: 'app', app: 'app' })]))).toEqual([
      'opens role org/home/web: space-deployer > org/home',
    ]);
    expect(said(world(before), world(before, { service_bindings: [{ service_instance: 'deployer' }] }))).toEqual([
      'opens role org/home/web: space-deployer > org/home',
    ]);
  });

  it('is unknown if the Terraform plan lacks the service’s plan, or the service of a key', () => {
    expect(said(world(), world([instance('other')]))).toEqual([
      'unknown role whoever binds deployer: (service_plan of cloudfoundry_service_instance.i) > org/home',
    ]);
    expect(said(world([account, instance('plan')]), world([account, instance('other')]))).toContainEqual(
      expect.stringContaining('unknown role'),
    );
    expect(said(world(), world([binding({ type: 'key', service_instance: 'elsewhere' })]))).toEqual([
      'unknown role whoever has key: whatever its service gives > a space',
    ]);
  });

  it('is not assumed for a service that is known to be something else', () => {
    const database = planned('aws-rds');
    expect(said(world([database]), world([database, instance('plan'), binding({ type: 'key' })]))).toEqual([]);
  });
});
