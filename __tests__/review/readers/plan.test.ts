import { difference } from '../../../review/difference/difference';
import { readPlan } from '../../../review/readers/plan';
import { factsOf } from '../../../review/readers/resources';
import { plain } from '../../../review/phrase';
import { Model } from '../../../review/model/model';
import { Change, changeOf } from '../support/plan';

type Json = Record<string, unknown>;

const change = (address: string, more: Omit<Change, 'address'>) => changeOf({ address, ...more });

const app = (name: string, more: Json = {}) => ({
  name,
  org_name: 'org',
  space_name: 'space',
  docker_image: 'x',
  ...more,
});
const space = change('cloudfoundry_space.home', {
  after: { name: 'space', org: 'guid' },
  unknown: { id: true },
});

function plan(changes: readonly object[], resources: readonly object[] = [], more: Json = {}): Json {
  return {
    format_version: '1.2',
    planned_values: {},
    resource_changes: changes,
    configuration: { root_module: { resources } },
    ...more,
  };
}

function reviewed(json: Json): string[] {
  const { before, after } = readPlan(json, 'plan');
  return difference(new Model(factsOf(before)), new Model(factsOf(after))).map(
    ({ verdict, way, who, what, via = '', note = '' }) =>
      [verdict, way, who, via, plain(what), plain(note)].filter(Boolean).join(' | '),
  );
}

const references = (...all: string[]) => ({ references: all.flatMap((each) => [each, each.replace(/\.[^.]+$/, '')]) });
const POLICY = 'cloudfoundry_network_policy.edge';
const newPolicy = change(POLICY, {
  after: { policies: [{ port: '3128', protocol: 'tcp' }] },
  unknown: { policies: [{ source_app: true, destination_app: true }] },
});
const newApps = ['web', 'proxy'].map((name) =>
  change(`cloudfoundry_app.${name}`, { after: app(name), unknown: { id: true } }),
);
const opened = (lines: readonly string[]) => lines.filter((line) => line.includes('policy'));

describe('a plan', () => {
  it('of a program in JSON says which application is a new policy’s source', () => {
    const written = [{ source_app: '${cloudfoundry_app.web.id}', destination_app: '${cloudfoundry_app.proxy.id}' }];
    const config = { address: POLICY, expressions: { policies: { constant_value: written } } };
    expect(opened(reviewed(plan([space, ...newApps, newPolicy], [config])))).toEqual([
      'opens | policy | org/space/web | org/space/proxy | tcp 3128',
    ]);
  });

  it("of HCL doesn't say it, so it is unknown", () => {
    const config = {
      address: POLICY,
      expressions: { policies: references('cloudfoundry_app.web.id', 'cloudfoundry_app.proxy.id') },
    };
    const [line] = opened(reviewed(plan([space, ...newApps, newPolicy], [config])));
    expect(line).toMatch(/^unknown \| policy \| .*known after apply/);
  });

  it('of HCL binds the one space that an attribute refers to, or possibly any of several', () => {
    const binding = 'cloudfoundry_security_group_space_bindings.b';
    const bindings = change(binding, {
      after: { security_group: 'group', running_spaces: [null] },
      unknown: { running_spaces: [true] },
    });
    const spaces = ['home', 'other'].map((name) =>
      change(`cloudfoundry_space.${name}`, { after: { name, org: 'guid' }, unknown: { id: true } }),
    );
    const group = { address: 'data.cloudfoundry_security_group.g', mode: 'data', type: 'cloudfoundry_security_group' };
    const rules = [{ protocol: 'tcp', destination: '10.0.0.1', ports: '443' }];
    const prior = {
      prior_state: {
        values: { root_module: { resources: [{ ...group, values: { id: 'group', name: 'g', rules } }] } },
      },
    };
    const bound = (...refs: string[]) =>
      reviewed(
        plan(
          [...spaces, bindings],
          [{ address: binding, expressions: { running_spaces: references(...refs) } }],
          prior,
        ),
      );
    expect(bound('cloudfoundry_space.home.id')).toEqual(['opens | direct | guid/home | 10.0.0.1 on tcp 443']);
    expect(
      bound('cloudfoundry_space.home.id', 'cloudfoundry_space.other.id').map((line) => line.split(' | ')[0]),
    ).toEqual(['unknown', 'unknown']);
  });

  it('follows a module’s variable to the value in its call', () => {
    const inner = change(`module.edge.${POLICY}`, {
      after: { policies: [{ port: '3128', protocol: 'tcp', destination_app: 'proxy-id' }] },
      unknown: { policies: [{ source_app: true }] },
    });
    const [web] = newApps;
    const known = change('cloudfoundry_app.proxy', {
      after: { ...app('proxy'), id: 'proxy-id' },
      before: { ...app('proxy'), id: 'proxy-id' },
      actions: ['no-op'],
    });
    const json = plan([space, web ?? {}, known, inner]);
    const configuration = {
      root_module: {
        module_calls: {
          edge: {
            expressions: { client: references('cloudfoundry_app.web.id') },
            module: { resources: [{ address: POLICY, expressions: { policies: { references: ['var.client'] } } }] },
          },
        },
      },
    };
    expect(opened(reviewed({ ...json, configuration }))).toEqual([
      'opens | policy | org/space/web | org/space/proxy | tcp 3128',
    ]);
  });

  it("keeps an id that an in-place update marks as unknown, so policies don't change with it", () => {
    const [web, proxy] = ['web', 'proxy'].map((name) => ({ ...app(name), id: `${name}-id` }));
    const policy = { policies: [{ source_app: 'web-id', destination_app: 'proxy-id', port: '3128', protocol: 'tcp' }] };
    const config = {
      address: POLICY,
      expressions: {
        policies: {
          constant_value: [
            { source_app: '${cloudfoundry_app.web.id}', destination_app: '${cloudfoundry_app.proxy.id}' },
          ],
        },
      },
    };
    const update = [
      change('cloudfoundry_app.web', {
        actions: ['update'],
        before: web,
        after: { ...app('web'), labels: { a: 'b' } },
        unknown: { id: true },
      }),
      change('cloudfoundry_app.proxy', { actions: ['no-op'], before: proxy, after: proxy }),
      change(POLICY, {
        actions: ['update'],
        before: policy,
        after: { policies: [{ destination_app: 'proxy-id', port: '3128', protocol: 'tcp' }] },
        unknown: { policies: [{ source_app: true }] },
      }),
    ];
    expect(reviewed(plan(update, [config]))).toEqual([]);
  });

  it('that was redacted can hide a change of the allowlist, so an update of the proxy is unknown', () => {
    const proxy = app('proxy', { id: 'proxy-id', environment: { EGRESS_ALLOW: '(sensitive)' } });
    const web = app('web', { id: 'web-id' });
    const policy = { policies: [{ source_app: 'web-id', destination_app: 'proxy-id', port: '3128', protocol: 'tcp' }] };
    const sensitive = { environment: { EGRESS_ALLOW: true } };
    const same = { actions: ['no-op'] };
    const others = [
      change('cloudfoundry_app.web', { ...same, before: web, after: web }),
      change(POLICY, { ...same, before: policy, after: policy }),
    ];
    const updated = change('cloudfoundry_app.proxy', { actions: ['update'], before: proxy, after: proxy, sensitive });
    const untouched = change('cloudfoundry_app.proxy', { ...same, before: proxy, after: proxy, sensitive });
    expect(reviewed(plan([...others, untouched]))).toEqual([]);
    expect(reviewed(plan([...others, updated])).map((line) => line.split(' | ').slice(0, 3))).toEqual([
      ['unknown', 'proxy', 'org/space/web'],
    ]);
  });

  it('that omits resources keeps them as they are, and is reported as incomplete', () => {
    const web = app('web', { id: 'web-id' });
    const left = { address: 'cloudfoundry_app.web', mode: 'managed', type: 'cloudfoundry_app', values: web };
    const json = plan([], [], { complete: false, prior_state: { values: { root_module: { resources: [left] } } } });
    expect(reviewed(json)).toEqual([]);
    expect(readPlan(json, 'plan').gaps).toEqual([
      'the plan is not complete: it was made with -target, or part of it is deferred',
    ]);
  });

  it('that updates a group says that the provider unbinds it from its spaces, unless the group itself names them', () => {
    const group = { name: 'mine', rules: [], running_spaces: ['a', 'b'], staging_spaces: ['b'] };
    const update = (later: Json, actions = ['update']) => {
      const values = { actions, before: group, after: { name: 'mine', rules: [] }, unknown: later };
      return readPlan(plan([change('cloudfoundry_security_group.mine', values)]), 'plan').gaps;
    };
    expect(update({ running_spaces: true, staging_spaces: true })).toEqual([
      'that the provider unbinds cloudfoundry_security_group.mine from its spaces (2) when it updates it: apply the bindings again',
    ]);
    expect(update({})).toEqual([]);
    expect(update({ running_spaces: true, staging_spaces: true }, ['no-op'])).toEqual([]);
  });

  it('that binds a route service says that the path of its requests was not examined', () => {
    const binding = { route: 'route-id', service_instance: 'service-id' };
    const create = { actions: ['create'], before: null, after: binding };
    expect(readPlan(plan([change('cloudfoundry_service_route_binding.logger', create)]), 'plan').gaps).toEqual([
      'where cloudfoundry_service_route_binding resources send requests before they reach the application',
    ]);
  });

  it('that has applications inside an archive says that they were not examined', () => {
    const create = { actions: ['create'], before: null, after: { mtar_path: 'all.mtar' } };
    expect(readPlan(plan([change('cloudfoundry_mta.all', create)]), 'plan').gaps).toEqual([
      'applications inside of cloudfoundry_mta resources',
    ]);
  });
});
