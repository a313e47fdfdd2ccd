import type { Checked } from '../chain';
import { historyOf, time, type Window } from '../history';
import { headText, resultName, type EvidenceRecord, type Method } from '../record';
import { FRAMEWORKS, type Requirement } from '../requirements';
import { markup, metadata, properties, unlessEmpty, uuidOf, type OscalVersion } from './document';

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
