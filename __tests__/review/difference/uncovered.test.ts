import { plain } from '../../../review/phrase';
import { reviewPlans } from '../../../review/review';
import { DEFAULT_SETTINGS, type Settings } from '../../../review/settings';
import { plan as planOf, type Change, planFile } from '../support/plan';

/** The unknown rows of a plan, as `who: what`. */
function unknown(plan: object, settings: Partial<Settings> = {}): string[] {
  const report = reviewPlans([planFile(plan)], [], undefined, { ...DEFAULT_SETTINGS, ...settings });
  expect(report.widens).toBe((report.environments[0]?.unknown.length ?? 0) > 0);
  return (report.environments[0]?.unknown ?? []).flatMap(({ who, what }) => who.map((one) => `${one}: ${plain(what)}`));
}

const AWS = 'registry.terraform.io/hashicorp/aws';
const created = (address: string, provider: string, after: object = {}): Change => ({
  address,
  provider,
  actions: ['create'],
  after,
});

describe("a change that the review doesn't understand", () => {
  it('is reported for an attribute of a known type', () => {
    const [before, after] = [
      { name: 'a', total_memory: 1, position: 1 },
      { name: 'a', total_memory: 2, position: 2 },
    ];
    expect(unknown(planOf([{ address: 'cloudfoundry_buildpack.b', before, after }]))).toEqual([
      'cloudfoundry_buildpack.b: position',
      'cloudfoundry_buildpack.b: total_memory',
    ]);
  });

  it('is reported for a resource of an unknown type: created, changed, or removed', () => {
    const some = { address: 'cloudfoundry_gateway.g' };
    const expected = ['cloudfoundry_gateway.g: cloudfoundry_gateway'];
    expect(unknown(planOf([{ ...some, before: null, after: { a: 1 } }]))).toEqual(expected);
    expect(unknown(planOf([{ ...some, before: { a: 1 }, after: { a: 2 } }]))).toEqual(expected);
    expect(unknown(planOf([{ ...some, before: { a: 1 }, after: null }]))).toEqual(expected);
    expect(unknown(planOf([{ ...some, before: { a: 1 }, after: { a: 1 } }]))).toEqual([]);
  });

  it('is a destination’s port that was set by hand, and not one that the platform set or that is removed with its route', () => {
    const route = (port: number | null, id = 'web'): object => ({ host: 'www', destinations: [{ app_id: id, port }] });
    const some = { address: 'cloudfoundry_route.r' };
    const expected = ['cloudfoundry_route.r: destinations.port'];
    expect(unknown(planOf([{ ...some, before: route(8080), after: route(3128) }]))).toEqual(expected);
    expect(unknown(planOf([{ ...some, before: null, after: route(3128) }]))).toEqual(expect.arrayContaining(expected));
    expect(unknown(planOf([{ ...some, before: route(null), after: route(8080) }]))).toEqual([]);
    expect(unknown(planOf([{ ...some, before: route(3128), after: null }]))).toEqual([]);
  });

  it("isn't a port of a TCP route, because it identifies the route", () => {
    const route = (port: number): object => ({ domain: 'tcp', port, destinations: [{ app_id: 'web', port: null }] });
    expect(unknown(planOf([{ address: 'cloudfoundry_route.r', before: route(1024), after: route(1025) }]))).toEqual([
      'anyone: tcp:1025',
    ]);
  });

  it('is a resource of another provider whose type has a known name', () => {
    const provider = 'registry.terraform.io/evil/cloudfoundry';
    const change = { address: 'cloudfoundry_user_cf.u', provider, before: { username: 'a' }, after: { username: 'b' } };
    expect(unknown(planOf([change]))).toEqual(['cloudfoundry_user_cf.u: cloudfoundry_user_cf']);
    const copy = 'mirror.example/cloudfoundry/cloudfoundry';
    expect(unknown(planOf([{ ...change, provider: copy }]))).toEqual(['cloudfoundry_user_cf.u: cloudfoundry_user_cf']);
  });

  it("is a resource of a provider that could do anything, and not one of a provider that can't", () => {
    expect(unknown(planOf([created('aws_s3_bucket.b', AWS)]))).toEqual([]);
    expect(unknown(planOf([created('aws_s3_bucket.b', 'evil.example/hashicorp/aws')]))).toEqual([
      'aws_s3_bucket.b: aws_s3_bucket',
    ]);
    const rest = created('restapi_object.x', 'registry.terraform.io/mastercard/restapi');
    expect(unknown(planOf([rest]))).toEqual(['restapi_object.x: restapi_object']);
    expect(unknown(planOf([created('null_resource.x', 'registry.terraform.io/hashicorp/null')]))).toEqual([
      'null_resource.x: null_resource',
    ]);
  });

  it("isn't a resource of a provider that the repository declares harmless", () => {
    const datadog = created('datadog_monitor.m', 'registry.opentofu.org/datadog/datadog');
    expect(unknown(planOf([datadog]))).toEqual(['datadog_monitor.m: datadog_monitor']);
    expect(unknown(planOf([datadog]), { harmlessProviders: ['datadog/datadog'] })).toEqual([]);
  });

  it('is a provisioner that runs, whatever its resource', () => {
    const provisioners = [{ type: 'local-exec', expressions: { command: { constant_value: 'env' } } }];
    const resources = [{ address: 'aws_s3_bucket.b', mode: 'managed', type: 'aws_s3_bucket', provisioners }];
    expect(unknown(planOf([created('aws_s3_bucket.b["x"]', AWS)], { resources }))).toEqual([
      'aws_s3_bucket.b: provisioner',
    ]);
    const kept = { address: 'aws_s3_bucket.b', provider: AWS, before: { a: 1 }, after: { a: 2 } };
    expect(unknown(planOf([kept], { resources }))).toEqual([]);
  });

  it('is a data source that runs a program or sends a request', () => {
    const resources = [
      { address: 'data.external.x', mode: 'data', type: 'external', provider_config_key: 'external' },
      { address: 'data.cloudfoundry_org.evil', mode: 'data', type: 'cloudfoundry_org', provider_config_key: 'evil' },
      { address: 'ephemeral.external.x', mode: 'ephemeral', type: 'external', provider_config_key: 'external' },
      { address: 'data.aws_ami.x', mode: 'data', type: 'aws_ami', provider_config_key: 'aws' },
      {
        address: 'data.cloudfoundry_org.o',
        mode: 'data',
        type: 'cloudfoundry_org',
        provider_config_key: 'cloudfoundry',
      },
    ];
    const provider_config = {
      evil: { full_name: 'registry.terraform.io/evil/cloudfoundry' },
      external: { full_name: 'registry.terraform.io/hashicorp/external' },
      aws: { full_name: AWS },
      cloudfoundry: { full_name: 'registry.terraform.io/cloudfoundry/cloudfoundry' },
    };
    expect(unknown(planOf([], { resources, provider_config }))).toEqual([
      'data.cloudfoundry_org.evil: cloudfoundry_org',
      'data.external.x: external',
      'ephemeral.external.x: external',
    ]);
  });

  it('is an unread module, an action, a deferred change, an omitted part, or a part of a later format', () => {
    const more = {
      complete: false,
      action_invocations: [{ address: 'action.local_command.x', type: 'local_command' }],
      deferred_changes: [{ reason: 'x', resource_change: { address: 'cloudfoundry_app.later' } }],
      agents: {},
    };
    expect(unknown(planOf([], { modules: { evil: { source: 'git::https://example.org' } }, more }))).toEqual([
      'action.local_command.x: action',
      'agents: part of the plan',
      'cloudfoundry_app.later: deferred change',
      'module.evil: module',
      'plan: plan that leaves something out',
    ]);
  });

  it('has a different digest for different values, and the same one for a different secret', () => {
    const digest = (position: unknown, sensitive: object = {}): string =>
      reviewPlans([
        {
          environment: '',
          file: 'plan.json',
          stack: 'plan',
          json: planOf([
            { address: 'cloudfoundry_buildpack.b', before: { position: 1 }, after: { position }, sensitive },
          ]),
        },
      ]).digest;
    expect(digest(2)).not.toBe(digest(3));
    expect(digest('short', { position: true })).toBe(digest('other', { position: true }));
  });
});
