import {
  app,
  changed,
  LIST,
  policy,
  program,
  proxy,
  RULES,
  stopped,
  stoppedBetween,
  WIDE,
  type Values,
  fixed,
  group,
  made,
  reviewed,
} from './attempts';
import { plan, type Change, planFile } from '../support/plan';
import { attributesOf, COVERED_TYPES, meaningOf } from '../../../review/coverage';
import { reviewPlans } from '../../../review/review';

/** Forms that the provider doesn't accept: today's engines refuse them, but later ones could do anything. */
const FORMS: Readonly<Record<string, (text: string) => unknown>> = {
  'a list in a list': (text) => [[text]],
  'an object in an object': (text) => ({ x: { x: text } }),
};

const modelled = COVERED_TYPES.flatMap((type) =>
  attributesOf(type)
    .filter((name) => !name.includes('.') && meaningOf(type, name).kind === 'modelled')
    .map((name) => [type, name] as const),
);

describe("a value in a form that the model doesn't expect", () => {
  describe.each(Object.entries(FORMS))('%s', (_, form) => {
    it.each(modelled)('is reported when it changes: %s %s', (type, name) => {
      const base: Values = type === 'cloudfoundry_app' ? proxy(LIST) : { id: 'x', name: 'x' };
      const [one, other] = ['one', 'other'].map((text) => ({ ...base, [name]: form(text) }));
      expect(stopped([changed(`${type}.x`, one ?? {}, other ?? {})])).toBe(true);
      expect(stopped([changed(`${type}.x`, one ?? {}, one ?? {})])).toBe(false);
    });
  });

  const web = (more: Values): object => program({ cloudfoundry_app: { web: app('web', { id: undefined, ...more }) } });
  const group = (more: Values): object =>
    program({ cloudfoundry_security_group: { g: { name: 'g', globally_enabled_running: true, ...more } } });
  const policies = (value: unknown): object => program({ cloudfoundry_network_policy: { p: { policies: value } } });
  it.each([
    ['one policy', policies(policy()), policies(policy({ port: '1-65535' }))],
    ['one rule', group({ rules: RULES[0] }), group({ rules: WIDE[0] })],
    ['one space', group({ rules: WIDE, running_spaces: 'a' }), group({ rules: WIDE, running_spaces: 'b' })],
    ['a list for an id', policies([policy({ source_app: ['a'] })]), policies([policy({ source_app: ['b'] })])],
    ['one route', web({ routes: { route: 'a.gov' } }), web({ routes: { route: 'b.gov' } })],
    ['one service', web({}), web({ service_bindings: { service_instance: 'x' } })],
    ['a flag in capitals', web({ enable_ssh: 'FALSE' }), web({ enable_ssh: 'TRUE' })],
  ])('is reported in a program: %s', (_, before, after) => {
    expect(stoppedBetween(before, after)).toBe(true);
    expect(stoppedBetween(after, after)).toBe(false);
  });
});

const PROXY = changed('cloudfoundry_app.proxy', proxy(LIST), proxy(`${LIST}\nmore.example.gov:443`));
const NULL = 'registry.terraform.io/hashicorp/null';
const UNSUPPORTED = /its changes have an unsupported form/;

const CONTRADICTIONS: Readonly<Record<string, readonly Change[]>> = {
  'a new group without its values': [{ ...made('cloudfoundry_security_group.g', group()), after: null }],
  'a policy that is created and gone': [
    { ...changed('cloudfoundry_network_policy.p', {}, {}), after: null, actions: ['create'] },
  ],
  'a removed application that stays': [{ ...PROXY, actions: ['delete'] }],
  'an application that only has values before an update': [{ ...PROXY, after: null, actions: ['update'] }],
  'a change with an unknown action': [{ ...PROXY, actions: ['renew'] }],
  'a change with two actions that do not go together': [{ ...PROXY, actions: ['no-op', 'update'] }],
  'a change of another provider without an action': [{ ...made('null_resource.x', {}), provider: NULL, actions: [] }],
};

const SIDES: readonly unknown[] = ['', 'text', true, 7, [], [{}]];

function json(changes: readonly Change[], edit: (change: Record<string, unknown>) => void, more: object = {}): unknown {
  const made = plan(changes, { more }) as { readonly resource_changes: Record<string, unknown>[] };
  made.resource_changes.slice(1).forEach(edit);
  return made;
}

function read(value: unknown): boolean {
  return reviewPlans([planFile(value)]).widens;
}

function planned(address: string, values?: object): object {
  return { planned_values: { root_module: { child_modules: [{ resources: [{ address, values }] }] } } };
}

describe('a plan that contradicts itself is refused', () => {
  it.each(Object.entries(CONTRADICTIONS))('%s', (_, changes) => {
    expect(() => reviewed(changes)).toThrow(UNSUPPORTED);
  });

  it.each(SIDES)('values before a change that are %j', (side) => {
    const edit = (change: Record<string, unknown>): void => {
      change.change = { ...(change.change as object), before: side };
    };
    expect(() => read(json([PROXY], edit))).toThrow(UNSUPPORTED);
  });

  it('an update of a data source', () => {
    const edit = (change: Record<string, unknown>): void => void (change.mode = 'data');
    expect(() => read(json([PROXY], edit))).toThrow(UNSUPPORTED);
  });

  it('a new object that is left over from a replacement', () => {
    const edit = (change: Record<string, unknown>): void => void (change.deposed = '0a1b2c3d');
    expect(() => read(json([made('cloudfoundry_security_group.g', group({ rules: WIDE }))], edit))).toThrow(
      UNSUPPORTED,
    );
  });

  it.each([
    ['first', [PROXY, fixed(PROXY.address, proxy(LIST))]],
    ['last', [fixed(PROXY.address, proxy(LIST)), PROXY]],
  ])('an address that occurs twice, with its change %s', (_, changes) => {
    expect(() => reviewed(changes)).toThrow('it has cloudfoundry_app.proxy twice');
  });

  it('a resource that is planned without a change', () => {
    const more = planned('cloudfoundry_network_policy.p', { policies: [] });
    expect(() => reviewed([PROXY], { more })).toThrow('its changes lack cloudfoundry_network_policy.p, which it plans');
  });

  it('a resource that is planned while its change removes it', () => {
    const gone = { address: 'cloudfoundry_app.gone', before: app('gone'), after: null };
    expect(() => reviewed([gone], { more: planned('cloudfoundry_app.gone', app('gone')) })).toThrow('its changes lack');
  });

  it('but not one that is forgotten, which engines list without values', () => {
    const forgotten = { address: 'cloudfoundry_app.gone', before: app('gone'), after: null, actions: ['forget'] };
    expect(stopped([forgotten], { more: planned('cloudfoundry_app.gone') })).toBe(false);
  });
});

describe('a part of a plan in another form than that which is read is refused', () => {
  it.each([
    ['configuration', []],
    ['planned_values', 'x'],
    ['prior_state', []],
    ['complete', 'false'],
    ['deferred_changes', { resource_change: {} }],
    ['action_invocations', {}],
    ['deferred_action_invocations', {}],
    ['relevant_attributes', {}],
    ['resource_drift', {}],
    ['resource_drift', [{ change: { before: 'x' } }]],
  ])('%s', (name, value) => {
    expect(() => reviewed([PROXY], { more: { [name]: value } })).toThrow(`its \`${name}\` has an unsupported form`);
  });

  it.each(['true', 1, {}])('a plan whose `errored` is %j', (errored) => {
    expect(() => reviewed([PROXY], { more: { errored } })).toThrow('it is the plan of a failed run');
  });

  it('and what the state lists without values is no resource', () => {
    const listed = { address: 'cloudfoundry_app.listed', type: 'cloudfoundry_app', mode: 'managed', values: null };
    const more = { prior_state: { values: { root_module: { resources: [listed] } } } };
    expect(stopped([PROXY], { more })).toBe(true);
  });
});

describe('a policy whose ports are no ports', () => {
  const policies = (port: string) => ({ policies: [{ source_app: 'a', destination_app: 'b', protocol: 'tcp', port }] });
  const address = 'cloudfoundry_network_policy.p';

  it.each(['', 'hunter2', '70000', '2-1', 'NaN'])('%j is unknown, and the text is not repeated', (port) => {
    const report = reviewed([made(address, policies(port))]);
    expect(report.environments.flatMap(({ unknown }) => unknown)).toHaveLength(1);
    if (port.length > 5) expect(JSON.stringify(report)).not.toContain(port);
  });

  it('is no change if it stays', () => {
    expect(stopped([fixed(address, policies('hunter2'))])).toBe(false);
  });

  it('has a digest of its own for each text', () => {
    const digests = ['hunter2', 'hunter3'].map((port) => reviewed([made(address, policies(port))]).digest);
    expect(new Set(digests).size).toBe(2);
  });
});
