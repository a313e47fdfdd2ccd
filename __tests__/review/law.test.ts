/**
 * The law of silence for programs: any change of anything in a program, except a comment and what the table calls
 * harmless, opens or closes something, or is unknown.
 */
import fc from 'fast-check';
import { meaningOf } from '../../review/coverage';
import { reviewTrees } from '../../review/review';
import { drawn } from '../support/laws';
import { program, type Json } from './support/plan';

type Path = readonly (string | number)[];

/** Everything that a program can contain, each in one of the forms that the engine accepts. */
const sections: fc.Arbitrary<Json> = fc.record(
  {
    import: fc.constantFrom({ to: 'cloudfoundry_app.web', id: '1' }, [{ to: 'cloudfoundry_app.web', id: '1' }]),
    removed: fc.constant([{ from: 'cloudfoundry_app.gone', lifecycle: { destroy: false } }]),
    module: fc.constantFrom(
      { more: { source: 'example/more/cloudfoundry', version: '1.0.0', names: ['a', '${local.used}'] } },
      [{ more: [{ source: 'example/more/cloudfoundry', version: '1.0.0' }] }],
    ),
    provider: fc.constantFrom({ cloudfoundry: {} }, { cloudfoundry: [{}, { alias: 'east', api_url: 'https://a' }] }),
    ephemeral: fc.constant({ http: { x: { url: 'https://a' } } }),
    action: fc.constant({ local_command: { x: { config: { command: 'a' } } } }),
    check: fc.constant({ x: { data: { http: { y: { url: 'https://a' } } } } }),
    surprise: fc.constantFrom({ deep: [{ inside: [1, true, null] }] }, 'a text', 7),
    terraform: fc.constantFrom(
      { backend: { s3: { key: 'a' } }, required_providers: { cloudfoundry: { source: 'cloudfoundry/cloudfoundry' } } },
      [{ cloud: { organization: 'a' } }, { required_providers: [{ cloudfoundry: '1.0.0' }] }],
    ),
    locals: fc.constantFrom({ used: 'a.example.gov' }, [
      { used: '${local.deep.name}' },
      { deep: { name: 'a.example.gov' } },
    ]),
    variable: fc.constantFrom({ given: { default: 'b.example.gov' } }, [
      { given: [{ type: 'string', default: 'b.example.gov' }] },
    ]),
    data: fc.constantFrom({ external: { x: { program: ['a'] } } }, [{ http: [{ x: [{ url: 'https://a' }] }] }]),
    resource: fc
      .record({ terraform_data: fc.constant({ kept: { input: ['${local.used}', '${timestamp()}'] } }) })
      .map((more) => ({
        ...more,
        cloudfoundry_service_instance: {
          s: { name: 's', type: 'user-provided', syslog_drain_url: 'https://${terraform_data.kept.output[1]}' },
        },
        cloudfoundry_route: {
          r: {
            host: '${uuid()}-${local.used}',
            domain: '${data.cloudfoundry_domain.d.id}',
            destinations: [{ app_id: '${cloudfoundry_app.web.id}' }],
            provisioner: [{ 'local-exec': { command: 'a ${local.used}' } }],
          },
        },
        cloudfoundry_org_role: { each: { for_each: '${toset(["a", "b"])}', type: '${each.key}' } },
        cloudfoundry_space_role: { some: { count: '${var.many}', type: 'space_developer', user: '${count.index}' } },
      })),
  },
  { requiredKeys: [] },
);
const whole: fc.Arbitrary<Json> = sections.map(({ data = [], ...some }) => {
  const base = program(some, {
    allow: '${local.used}:443\n${var.given}:443\n${lower(terraform_data.kept.output[0])}:80',
  });
  // A lookup that nothing uses would change nothing.
  const domain = some.resource === undefined ? [] : [{ cloudfoundry_domain: { d: { name: 'apps.example.gov' } } }];
  return { ...base, data: [base.data, domain, data].flat() };
});

/** Changes of one value; undefined removes it. */
const MUTATIONS: readonly ((value: unknown) => unknown)[] = [
  (value) =>
    typeof value === 'string' ? `${value}x` : typeof value === 'number' ? value + 1 : `${JSON.stringify(value)}x`,
  () => undefined,
  () => 'something else',
  () => ({ something: 'else' }),
];

/** The paths of all values in a program, including objects and lists. */
function placesIn(value: unknown, at: Path = []): Path[] {
  const inside = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  const key = (name: string): string | number => (Array.isArray(value) ? Number(name) : name);
  return [...(at.length === 0 ? [] : [at]), ...inside.flatMap(([name, each]) => placesIn(each, [...at, key(name)]))];
}

function valueAt(value: unknown, at: Path): unknown {
  return at.reduce((inner, key) => (inner as Readonly<Record<string | number, unknown>>)[key], value);
}

/** The value with a change at a path, or with another name there. */
function changed(value: unknown, [first, ...rest]: Path, change: (value: unknown) => unknown, name?: string): unknown {
  if (first === undefined) return change(value);
  const entries = Object.entries(value as object).flatMap(([key, inner]: [string, unknown]) => {
    if (key !== String(first)) return [[key, inner]];
    const made = changed(inner, rest, change, name);
    return made === undefined ? [] : [[rest.length === 0 && name !== undefined ? name : key, made]];
  });
  return Array.isArray(value) ? entries.map(([, inner]) => inner) : Object.fromEntries(entries);
}

/** The path without list indexes, because a list can mean the same as the object in it. */
const names = (at: Path): string[] => at.filter((key) => typeof key === 'string');

function isHarmless(at: Path): boolean {
  const [section = '', type = '', , attribute] = names(at);
  // A string is a string without a type too; and a policy without a protocol, or with an unknown one, is for tcp.
  if (section === 'variable' && names(at).at(-1) === 'type') return true;
  if (type === 'cloudfoundry_network_policy' && names(at).at(-1) === 'protocol') return true;
  if (section !== 'resource' || attribute === undefined) return false;
  const meaning = meaningOf(type, attribute);
  // What a client runs doesn't matter, except for what comes from a value in the state.
  return meaning.kind === 'harmless' || (meaning.kind === 'modelled' && meaning.where === 'what an application runs');
}

const rows = (before: unknown, after: unknown): number => {
  const report = reviewTrees([{ name: 'demo', json: before }], [{ name: 'demo', json: after }]);
  return report.environments.flatMap(({ opens, closes, unknown, renamed }) => [
    ...opens,
    ...closes,
    ...unknown,
    ...renamed,
  ]).length;
};

/** If the program can't be read, the review ends with an error, and nothing is approved. */
const isTold = (before: unknown, after: unknown): boolean => {
  try {
    return rows(before, after) > 0;
  } catch (error) {
    return error instanceof Error && /is not a list of ports/.test(error.message);
  }
};

const aChange = whole.chain((before) =>
  fc.record({
    before: fc.constant(before),
    at: fc.constantFrom(...placesIn(before)).filter((at) => !isHarmless(at)),
    how: fc.constantFrom(...MUTATIONS),
    rename: fc.boolean(),
  }),
);

describe('a program', () => {
  it('never changes silently', () => {
    fc.assert(
      fc.property(aChange, ({ before, at, how, rename }) => {
        const isName = rename && typeof at.at(-1) === 'string';
        const after = isName
          ? changed(before, at, (value) => value, `${String(at.at(-1))}x`)
          : changed(before, at, how);
        const place = isName ? 'another name' : JSON.stringify(valueAt(before, at));
        expect([...at, place, isTold(before, after)]).toEqual([...at, place, true]);
      }),
      drawn(60),
    );
  });

  it("doesn't change if it is written in another order, or with lists instead of objects", () => {
    const reordered = (value: unknown, order: (name: string) => number): unknown => {
      if (Array.isArray(value)) return value.map((each) => reordered(each, order));
      if (typeof value !== 'object' || value === null) return value;
      const entries = Object.entries(value).map(([name, inner]) => [name, reordered(inner, order)] as const);
      return Object.fromEntries(entries.sort(([a], [b]) => order(a) - order(b)));
    };
    fc.assert(
      fc.property(whole, fc.func(fc.nat()), fc.func(fc.boolean()), (before, order, isList) => {
        expect(
          rows(
            before,
            reordered(before, (name) => order(name)),
          ),
        ).toBe(0);
        const listed = Object.fromEntries(
          Object.entries(before).map(([section, content]) => [
            section,
            isList(section) && section !== 'surprise' ? [content].flat() : content,
          ]),
        );
        expect(rows(before, listed)).toBe(0);
      }),
      drawn(8),
    );
  });
});
