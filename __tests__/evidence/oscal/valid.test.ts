import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv, { type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { append } from '../../../evidence/append';
import { checkChain } from '../../../evidence/chain';
import {
  assessmentResults,
  componentDefinition,
  IMPLEMENTED,
  OSCAL_VERSIONS,
  uuidOf,
  type OscalVersion,
} from '../../../evidence/oscal';
import { FRAMEWORKS } from '../../../evidence/requirements';
import { plannedFacts } from '../../../review/review';
import { plan, planFile } from '../../review/support/plan';
import { draft, MemoryStore } from '../support/memory';

/** NIST’s own, https://github.com/usnistgov/OSCAL, in the public domain. */
function validatorOf(version: OscalVersion): ValidateFunction {
  const file = join(__dirname, `oscal_complete_schema-${version.replaceAll('.', '-')}.json`);
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats(ajv);
  return ajv.compile(JSON.parse(readFileSync(file, 'utf8')) as object);
}

const NOW = new Date('2026-07-01T00:00:00Z');
const WINDOW = { since: new Date('2026-01-01T00:00:00Z'), until: NOW };

const proxy = {
  name: 'proxy',
  org_name: 'org',
  space_name: 'out',
  docker_image: 'registry.example/proxy:1',
  environment: { EGRESS_ALLOW: 'api.example.gov:443\n.example.org:80,443' },
};
const facts = () => {
  const json = plan([{ address: 'cloudfoundry_app.proxy', before: proxy, after: proxy }]);
  return plannedFacts([planFile(json)]);
};

/** One of everything, and texts that a schema might reject. */
async function evidence(): Promise<MemoryStore> {
  const store = new MemoryStore();
  const odd = '\u0000\u0085 two\nlines \u{1f600}<b>|';
  const at = (day: number): Date => new Date(Date.UTC(2026, 2, day));
  await append(store, draft({}, new Date('2025-01-01T00:00:00Z')));
  await append(store, draft({ outcome: 'not as expected', subject: odd, summary: '' }, at(1)));
  await append(store, draft({ kind: 'audit', method: 'configuration', outcome: 'inconclusive', summary: odd }, at(2)));
  await append(store, draft({ kind: 'approval', method: 'review', approvedBy: ['ada', ' '], digest: odd }, at(3)));
  return store;
}

describe.each(OSCAL_VERSIONS)('by the schema of OSCAL %s', (version) => {
  const validate = validatorOf(version);
  const problemsOf = (document: object): unknown => (validate(document) ? [] : validate.errors);

  it('assessment results are valid for all records, for none, and for an incomplete chain', async () => {
    const store = await evidence();
    const whole = checkChain(store);
    store.files.delete('head.json');
    const chains = [whole, checkChain(store), checkChain(new MemoryStore())];
    for (const chain of chains) expect(problemsOf(assessmentResults(chain, WINDOW, version))).toEqual([]);
  });

  it('a component definition is valid, with and without the code', () => {
    for (const known of [facts(), undefined]) {
      const document = componentDefinition(known, { now: NOW, version: '1.2.3', oscal: version });
      expect(problemsOf(document)).toEqual([]);
    }
  });

  it('a document with a missing or additional field is invalid, so the schema is really applied', () => {
    const document = componentDefinition(undefined, { now: NOW, version: '1', oscal: version }) as Record<
      string,
      object
    >;
    expect(
      problemsOf({ 'component-definition': { ...document['component-definition'], uuid: undefined } }),
    ).not.toEqual([]);
    expect(problemsOf({ 'component-definition': { ...document['component-definition'], more: 1 } })).not.toEqual([]);
  });
});

test('each record in the window is an observation, and only what is unexpected now is a finding', async () => {
  const document = JSON.stringify(assessmentResults(checkChain(await evidence()), WINDOW, '1.2.2'));
  const [result] = (JSON.parse(document) as Results)['assessment-results'].results;
  expect(result.observations.map(({ methods }) => methods)).toEqual([['TEST'], ['EXAMINE'], ['EXAMINE']]);
  const expected = FRAMEWORKS['800-53']
    .filter(({ methods }) => methods.includes('packets'))
    .map(({ id }) => `${id}_obj`);
  expect(result.findings.map(({ target }) => target['target-id'])).toEqual(expected);
  const known = new Set(result.observations.map(({ uuid }) => uuid));
  const related = result.findings.flatMap((finding) => finding['related-observations']);
  expect(related.every((one) => known.has(one['observation-uuid']))).toBe(true);
});

interface Results {
  readonly 'assessment-results': { readonly results: readonly [Result] };
}
interface Result {
  readonly observations: readonly { readonly uuid: string; readonly methods: readonly string[] }[];
  readonly findings: readonly {
    readonly target: { readonly 'target-id': string };
    readonly 'related-observations': readonly { readonly 'observation-uuid': string }[];
  }[];
}

test('the component definition has the lists in the code, and implements no control that the report assigns to others', () => {
  const text = JSON.stringify(componentDefinition(facts(), { now: NOW, version: '1', oscal: '1.2.2' }));
  expect(text).toContain(
    '"name":"allowed-destination","ns":"https://github.com/cloud-gov/space-egress-examples/ns/oscal","value":"api.example.gov:443"',
  );
  const ours = FRAMEWORKS['800-53'].filter(({ methods }) => methods.length > 0).map(({ id }) => id);
  expect(IMPLEMENTED).toEqual([...ours].sort());
});

test('a name has one UUID, and no other name has it', () => {
  expect(uuidOf('a', 'b')).toBe(uuidOf('a', 'b'));
  expect(uuidOf('a', 'b')).not.toBe(uuidOf('ab'));
  expect(uuidOf('a')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
