import { createHash } from 'node:crypto';
import type { Facts } from '../review/model/facts';
import type { Checked } from './chain';
import { proxiesOf } from './findings';
import { historyOf, time, type Window } from './history';
import { type EvidenceRecord, headText, type Method, resultName } from './record';
import { FRAMEWORKS, type Requirement } from './requirements';

/** Releases of OSCAL whose schemas the documents are validated against. */
export const OSCAL_VERSIONS = ['1.1.2', '1.2.2'] as const;
export type OscalVersion = (typeof OSCAL_VERSIONS)[number];

export const NAMESPACE = 'https://github.com/cloud-gov/space-egress-examples/ns/oscal';
const CATALOG =
  'https://raw.githubusercontent.com/usnistgov/oscal-content/main/nist.gov/SP800-53/rev5/json/NIST_SP-800-53_rev5_catalog.json';

const OWN = Buffer.from('6f1c2a0e4e0b5a6c9d0f3b1a7c5e2d48', 'hex');

/** A version 5 UUID, which is always the same for a name, so that a regenerated document refers to the same things. */
export function uuidOf(...name: readonly string[]): string {
  const hash = createHash('sha1').update(OWN).update(JSON.stringify(name)).digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

interface Property {
  readonly name: string;
  readonly ns: string;
  readonly value: string;
}

const oneLine = (text: string): string => text.replace(/[\s\p{Cc}]+/gu, ' ').trim();

/** A name that somebody chose, where OSCAL expects one line of Markdown. */
export function markup(text: string): string {
  return oneLine(text).replace(/[\\`*_{}[\]<>()#+!|~&^"]/g, '\\$&');
}

/** One property per text; OSCAL requires a nonempty line without surrounding space. */
export function properties(name: string, ...values: readonly (string | undefined)[]): readonly Property[] {
  return values
    .map((value = '') => oneLine(value))
    .filter((value) => value !== '')
    .map((value) => ({ name, ns: NAMESPACE, value }));
}

/** @param version of the described system */
export function metadata(title: string, changed: Date, version: string, oscal: OscalVersion): object {
  return { title, 'last-modified': changed.toISOString(), version, 'oscal-version': oscal };
}

/** OSCAL doesn't allow an empty list where a list is optional. */
function unlessEmpty(name: string, list: readonly object[]): object {
  return list.length === 0 ? {} : { [name]: list };
}

const METHOD: Readonly<Record<Method, string>> = { configuration: 'EXAMINE', packets: 'TEST', review: 'EXAMINE' };

const PLAN = uuidOf('assessment plan');

/**
 * Each record as an observation. Only an assessor can say that a control is satisfied, so findings are only about what
 * isn't as expected.
 */
export function assessmentResults(checked: Checked, window: Window, oscal: OscalVersion): object {
  const records = checked.records.filter((record) => time(record) >= window.since && time(record) <= window.until);
  const controls = FRAMEWORKS['800-53'].filter(({ methods }) => methods.length > 0);
  const { failures } = historyOf(checked.records, window);
  const open = failures.filter(({ mended }) => mended === undefined).map(({ first }) => first);
  const head = headText(checked.head);
  return {
    'assessment-results': {
      uuid: uuidOf('assessment results', head, window.since.toISOString(), window.until.toISOString()),
      metadata: metadata('Egress: what checks have observed', window.until, head, oscal),
      'import-ap': { href: `#${PLAN}` },
      results: [
        {
          uuid: uuidOf('result', head, window.since.toISOString(), window.until.toISOString()),
          title: 'Egress of spaces and applications',
          description: 'Reviews of changes, comparisons of the platform with the code, and packets sent from inside.',
          start: window.since.toISOString(),
          end: window.until.toISOString(),
          props: [
            ...properties('chain-head', head),
            ...properties('chain-fault', ...checked.faults.map(({ name, problem }) => `${name} ${problem}`)),
          ],
          'reviewed-controls': {
            'control-selections': [{ 'include-controls': controls.map(({ id }) => ({ 'control-id': id })) }],
          },
          // A failure may have started before the reported period.
          ...unlessEmpty('observations', [...new Set([...open, ...records])].map(observation)),
          ...unlessEmpty(
            'findings',
            controls.flatMap((control) => finding(control, open)),
          ),
        },
      ],
      'back-matter': {
        resources: [
          {
            uuid: PLAN,
            title: 'What is checked, and how',
            description:
              'The scheduled workflow egress-audit compares and sends packets; the workflows plan-review and plan-review-comment review each change. No plan exists in OSCAL form.',
          },
        ],
      },
    },
  };
}

const observationId = ({ number, result, time: at }: EvidenceRecord): string =>
  uuidOf('observation', String(number), at, result);

function observation(record: EvidenceRecord): object {
  const { kind, method, outcome, subject, summary, commit, digest, list, images, approvedBy = [] } = record;
  return {
    uuid: observationId(record),
    title: `${kind}: ${markup(subject)}`,
    description: markup(summary) || outcome,
    props: [
      ...properties('outcome', outcome),
      ...properties('method', method),
      ...properties('record', String(record.number)),
      ...properties('commit', commit),
      ...properties('review-digest', digest),
      ...properties('approved-by', ...approvedBy),
      ...properties('allowlist-sha256', list),
      ...properties('image', ...(images ?? [])),
    ],
    methods: [METHOD[method]],
    collected: record.time,
    'relevant-evidence': [{ href: resultName(record.result), description: 'The full result, by its SHA-256.' }],
  };
}

function finding({ id, methods, rest }: Requirement, open: readonly EvidenceRecord[]): readonly object[] {
  const failed = open.filter(({ method }) => methods.includes(method));
  if (failed.length === 0) return [];
  const numbers = failed.map(({ number }) => number).join(', ');
  return [
    {
      uuid: uuidOf('finding', id, numbers),
      title: `${id}: not as expected`,
      description: `After records ${numbers}, no result for the same subject was as expected. Not reviewed: ${rest}`,
      target: {
        type: 'objective-id',
        'target-id': `${id}_obj`,
        status: { state: 'not-satisfied', reason: 'fail' },
      },
      'related-observations': failed.map((record) => ({ 'observation-uuid': observationId(record) })),
    },
  ];
}

interface Component {
  readonly title: string;
  readonly type: 'software' | 'network' | 'validation';
  readonly description: string;
  /** What the component does for a control, by control id. */
  readonly controls: Readonly<Record<string, string>>;
  /** The properties that the code shows. */
  readonly of: (facts: Facts) => readonly Property[];
}

const COMPONENTS: readonly Component[] = [
  {
    title: 'Egress proxy',
    type: 'software',
    description: 'A squid proxy on an internal route, which lets requests out to the hosts and ports of its list.',
    controls: {
      'ac-4':
        'Requests go to listed hosts and ports alone; private and metadata addresses are refused behind listed names too.',
      'sc-7': 'It is the managed interface by which applications of closed spaces reach the internet.',
      'sc-7.5': 'What is not on its list is refused.',
      'sc-7.8': 'HTTP, and TLS in tunnels, goes through it; clients with lists of their own authenticate.',
    },
    of: (facts) => {
      const { list, images = [] } = proxiesOf(facts);
      return [
        ...facts.applications.flatMap(({ id, allowlist }) => [
          ...(allowlist === undefined ? [] : properties('proxy', id)),
          ...properties(
            'allowed-destination',
            ...(allowlist?.lines ?? []).map(({ client, text }) => (client === undefined ? text : `${client} ${text}`)),
          ),
        ]),
        ...properties('allowlist-sha256', list),
        ...properties('image', ...images),
      ];
    },
  },
  {
    title: 'Spaces, security groups and network policies',
    type: 'network',
    description: 'Closed spaces, from which only what their security groups and network policies name is reached.',
    controls: {
      'ac-4': 'The platform drops packets that no security group and no network policy allows.',
      'ca-9': 'Each connection between applications is a network policy in the code.',
      'sc-7': 'Applications that need egress and the proxy that has it are in spaces of their own.',
      'sc-7.5': 'A closed space has no security group that opens the internet.',
    },
    of: ({ spaces, bindings, policies }) => [
      ...spaces.flatMap(({ id }) => {
        const groups = bindings.filter(({ space, stage }) => space === id && stage === 'running');
        return properties('space', [id, ...groups.map(({ group }) => group).sort()].join(' '));
      }),
      ...properties('network-policy', ...policies.map(({ source, destination }) => `${source} to ${destination}`)),
    ],
  },
  {
    title: 'Review, audit and packet tests',
    type: 'validation',
    description: 'Checks of a change before it is merged, of the platform against the code, and of what packets do.',
    controls: {
      'ca-7': 'Audits and packet tests run by schedule, and each leaves a record.',
      'cm-2': 'The code is the baseline, with which the platform is compared.',
      'cm-3': 'What a change opens is said in its pull request, and waits for an approval of exactly that.',
      'cm-3.2': 'A change is reviewed before it is merged.',
      'cm-6': 'Groups, policies and lists that deviate from the code are found.',
      'cm-7.1': 'Policies and entries that nobody uses are found.',
    },
    of: () => [],
  },
];

/** @param facts of the program, whose spaces, policies and lists become properties */
export function componentDefinition(
  facts: Facts | undefined,
  { now, version, oscal }: { readonly now: Date; readonly version: string; readonly oscal: OscalVersion },
): object {
  return {
    'component-definition': {
      uuid: uuidOf('component definition', now.toISOString()),
      metadata: metadata('Egress of Cloud Foundry spaces', now, version, oscal),
      components: COMPONENTS.map(({ title, type, description, controls, of }) => ({
        uuid: uuidOf('component', title),
        type,
        title,
        description,
        ...unlessEmpty('props', facts === undefined ? [] : of(facts)),
        'control-implementations': [
          {
            uuid: uuidOf('control implementation', title),
            source: CATALOG,
            description:
              'What it does for controls of NIST SP 800-53 Rev. 5, each in part: what else they ask is not its own.',
            'implemented-requirements': Object.entries(controls).map(([id, what]) => ({
              uuid: uuidOf('requirement', title, id),
              'control-id': id,
              description: what,
            })),
          },
        ],
      })),
    },
  };
}

/** Ids of the controls that each component supports. */
export const IMPLEMENTED: readonly string[] = [
  ...new Set(COMPONENTS.flatMap(({ controls }) => Object.keys(controls))),
].sort();
