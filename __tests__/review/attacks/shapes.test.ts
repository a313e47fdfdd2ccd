import { attributesOf, COVERED_TYPES, meaningOf } from '../../../review/coverage';
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
} from './attempts';

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
