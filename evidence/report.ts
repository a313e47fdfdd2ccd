import type { RootContent } from 'mdast';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { joined, type Phrase, say, type Text } from '../review/phrase';
import { bullets, paragraph, table, title } from '../review/report/markdown';
import { inline } from '../review/report/escape';
import type { Checked } from './chain';
import { daysOf, type Failure, type Gap, gapOf, type History, historyOf, time, type Window } from './history';
import { MOST_ROWS } from './limits';
import { type EvidenceRecord, headText, type Method } from './record';
import { CLASS_RULES, type ClassRule, type Framework, FRAMEWORKS, type Requirement, SOURCES } from './requirements';

/** What the records show about the requirements in a period. */
export function reportOf(checked: Checked, framework: Framework, window: Window): RootContent[] {
  const history = historyOf(checked.records, window);
  const requirements = FRAMEWORKS[framework];
  const [ours, others] = [true, false].map((is) => requirements.filter(({ methods }) => methods.length > 0 === is)) as [
    Requirement[],
    Requirement[],
  ];
  return [
    title(1, `Evidence for ${framework}, ${day(window.since)} to ${day(window.until)}`),
    ...chain(checked),
    ...ahead(history.ahead),
    title(2, 'How often each method ran'),
    table(
      ['method', 'as expected', 'not as expected', 'inconclusive', 'longest time without an answer'],
      history.runs.map((runs) => [
        runs.method,
        ...[runs.expected, runs.differing, runs.inconclusive].map(String),
        gapText(runs.gap),
      ]),
    ),
    paragraph(
      'An inconclusive run isn’t an answer: it is neither a success nor a failure, and doesn’t end a time without an answer. Such a time also begins on the first day above and ends on the last.',
    ),
    title(2, framework === 'KSI' ? 'Indicators' : 'Controls'),
    table(
      ['', 'methods that answered', 'longest time without an answer', 'failing now', 'what is shown', 'what is not'],
      ours.map((requirement) => rowOf(requirement, checked.records, history)),
    ),
    ...(framework === 'KSI' ? classes(ours, checked.records, history) : []),
    ...failures(history.failures),
    ...inconclusive(history.inconclusive),
    ...approvals(history.approvals),
    title(2, 'Not this project’s to meet'),
    bullets(others.map(({ id, name, rest }) => inline(`${id} ${name}: ${rest}`))),
    paragraph(
      `Source of the requirements: ${SOURCES[framework]}. Which of them hold for a system is for its owner and assessor to say.`,
    ),
  ];
}

function chain({ records, head, faults }: Checked): RootContent[] {
  const sum = say`${records.length} records, whose head is ${headText(head)}.`;
  if (faults.length === 0) return [paragraph([...sum, ' Nothing in the chain is missing or changed.'])];
  return [
    paragraph([
      ...sum,
      ` The chain is not intact: it has ${faults.length} faults, and unconfirmed records are not counted below.`,
    ]),
    ...rows(
      ['file', 'problem'],
      faults.map(({ name, problem }) => [say`${name}`, problem]),
    ),
  ];
}

function ahead(records: readonly EvidenceRecord[]): RootContent[] {
  if (records.length === 0) return [];
  const numbers = records.slice(0, MOST_ROWS).map(({ number }) => number);
  return [paragraph(`Dated after this report, and not counted: ${records.length} records (${numbers.join(', ')}).`)];
}

function rowOf(
  { id, name, methods, shown, rest }: Requirement,
  records: readonly EvidenceRecord[],
  history: History,
): Text[] {
  const failing = history.failures.filter(
    ({ first, mended }) => mended === undefined && methods.includes(first.method),
  );
  return [
    `${id} ${name}`,
    answered(methods, history).join(', ') || 'none',
    gapText(gapOf(methods, records, history.window)),
    String(failing.length),
    shown,
    rest,
  ];
}

function answered(methods: readonly Method[], { runs }: History): readonly Method[] {
  return runs
    .filter(({ method, expected, differing }) => methods.includes(method) && expected + differing > 0)
    .map(({ method }) => method);
}

function classes(ours: readonly Requirement[], records: readonly EvidenceRecord[], history: History): RootContent[] {
  return [
    title(2, 'Rules of the classes'),
    table(
      ['class', 'FRC-CSX-VVK: methods for each indicator', 'VDR-TFR-MVX: checked again', 'FRC-CSX-MOT: history'],
      CLASS_RULES.map((rule) => [
        rule.certification,
        methodsText(rule, ours, history),
        checkedText(rule, gapOf(['configuration', 'packets'], records, history.window)),
        historyText(rule, history),
      ]),
    ),
  ];
}

function methodsText({ methods: { least, force } }: ClassRule, ours: readonly Requirement[], history: History): string {
  const short = ours.filter(({ methods }) => answered(methods, history).length < least).map(({ id }) => id);
  const asked = `${force} have ${least}`;
  return short.length === 0 ? `met (${asked})` : `not met by these methods alone (${asked}): ${short.join(', ')}`;
}

function checkedText({ days }: ClassRule, gap: Gap): string {
  if (days === undefined) return 'no number of days is named for this class';
  return `${daysOf(gap) <= days ? 'met' : 'not met'} (every ${days} days): longest ${gapText(gap)}`;
}

function historyText({ months }: ClassRule, { began, window }: History): string {
  if (months === undefined) return 'no number of months is named for this class';
  const wanted = monthsBefore(window.until, months);
  const isMet = began !== undefined && began <= wanted;
  return `${isMet ? 'met' : 'not met'} (${months} months): the records begin ${began === undefined ? 'never' : day(began)}`;
}

function failures(all: readonly Failure[]): RootContent[] {
  const cells = all.map(({ first, mended }) => [
    minute(time(first)),
    first.method,
    say`${first.subject}`,
    say`${first.summary}`,
    mended === undefined ? 'not yet' : minute(time(mended)),
    mended === undefined ? '' : mendedBy(mended),
  ]);
  return [
    title(2, 'What was not as expected, and when it was fixed'),
    ...rows(['since', 'method', 'subject', 'what was found', 'fixed', 'by'], cells),
  ];
}

function mendedBy({ approvedBy = [], number }: EvidenceRecord): Text {
  const approval = approvedBy.length === 0 ? [] : [...say`, approved by `, ...people(approvedBy)];
  return [`record ${number}`, ...approval];
}

const people = (names: readonly string[]): Phrase => joined(names.map((name) => say`${name}`));

function inconclusive(all: readonly EvidenceRecord[]): RootContent[] {
  const cells = all.map((record) => [
    minute(time(record)),
    record.method,
    say`${record.subject}`,
    say`${record.summary}`,
  ]);
  return [title(2, 'Inconclusive runs'), ...rows(['when', 'method', 'subject', 'why'], cells)];
}

function approvals(all: readonly EvidenceRecord[]): RootContent[] {
  const cells = all.map((record) => [
    minute(time(record)),
    say`${record.subject}`,
    people(record.approvedBy ?? []),
    say`${record.digest ?? ''}`,
  ]);
  return [title(2, 'Approvals'), ...rows(['when', 'subject', 'by', 'of exactly'], cells)];
}

/** The latest rows, if there are many. */
function rows(head: readonly string[], cells: readonly (readonly Text[])[]): RootContent[] {
  if (cells.length === 0) return [paragraph('None.')];
  const shown = cells.slice(-MOST_ROWS);
  const rest = cells.length - shown.length;
  return [table(head, shown), ...(rest > 0 ? [paragraph(`And ${rest} before these, which are in the store.`)] : [])];
}

function gapText(gap: Gap): string {
  return `${daysOf(gap).toFixed(1)} days, from ${day(gap.from)}`;
}

const day = (date: Date): string => date.toISOString().slice(0, 10);
const minute = (date: Date): string => `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** The same day of an earlier month, or that month's last day. */
export function monthsBefore(date: Date, months: number): Date {
  const earlier = new Date(date);
  earlier.setUTCMonth(earlier.getUTCMonth() - months);
  if (earlier.getUTCDate() !== date.getUTCDate()) earlier.setUTCDate(0);
  return earlier;
}

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 2rem auto; padding: 0 1rem; max-width: 80rem; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { border: 1px solid #8888; padding: .3rem .6rem; text-align: left; vertical-align: top; }
th { position: sticky; top: 0; background: Canvas; }
code { overflow-wrap: anywhere; }
@media print { th { position: static; } }
`;

/** Our own Markdown as a page, which loads nothing. */
export function pageOf(title: string, markdown: string): string {
  const body = micromark(markdown, { extensions: [gfm()], htmlExtensions: [gfmHtml()] });
  const policy = "default-src 'none'; style-src 'unsafe-inline'";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;
}
