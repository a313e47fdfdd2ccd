import { placeOf } from '../model/facts';
import { phrase, say, type Phrase } from '../phrase';
import { findingId } from '../rules';
import { line } from './escape';
import { clauseOf, needsApproval, sentenceOf, type EnvironmentReport, type Report, type Row } from './report';

const SIGN: Readonly<Record<Row['verdict'], string>> = { opens: '+', closes: '-', unknown: '?' };

/** For a terminal. */
export function text(report: Report): string {
  const lines: Phrase[] = [
    sentenceOf(report),
    ...report.environments.flatMap((environment) => [
      ...(environment.name === '' ? [] : [[''], say`${environment.name}:`]),
      ...environmentLines(environment),
    ]),
    ...(needsApproval(report) ? [[''], [`needs an approval: egress-approved-${report.digest}`]] : []),
  ];
  return `${lines.map(line).join('\n')}\n`;
}

function environmentLines(environment: EnvironmentReport): Phrase[] {
  const { opens, closes, unknown, drift, replaced, renamed, findings, acknowledged, notLookedAt } = environment;
  const bullet = (row: Row): Phrase => [
    `${SIGN[row.verdict]} `,
    ...clauseOf(row),
    ...(row.note === undefined || row.verdict === 'unknown' ? [] : say` (${phrase(row.note)})`),
  ];
  return [
    ...section('', [...opens, ...unknown, ...closes].map(bullet)),
    ...section('changed on the platform since the last apply', drift.map(bullet)),
    ...section(
      'replaced during the apply',
      replaced.map(({ name, address }) => say`${name} (${address})`),
    ),
    ...section(
      'renamed',
      renamed.map(({ from, to }) => say`${placeOf(from)} -> ${placeOf(to)}: .moveFromId('${from.address}') keeps it`),
    ),
    ...section(
      'checks',
      findings.map(
        (finding) =>
          say`${[finding.level]} ${findingId(finding)}: ${phrase(finding.message)}${[finding.fresh ? ' (new)' : '']}`,
      ),
    ),
    ...section(
      'acknowledged',
      acknowledged.map((finding) => say`${findingId(finding)} on ${finding.subject}: ${finding.reason}`),
    ),
    ...section('not reviewed', notLookedAt.map(phrase)),
  ];
}

function section(title: string, lines: readonly Phrase[]): Phrase[] {
  if (lines.length === 0) return [];
  return [[''], ...(title === '' ? [] : [[`${title}:`]]), ...lines.map((each) => ['  ', ...each])];
}
