import { placeOf } from '../model/facts';
import { plain } from '../phrase';
import { findingId } from '../rules';
import { clauseOf, needsApproval, sentenceOf, type EnvironmentReport, type Report, type Row } from './report';

const SIGN: Readonly<Record<Row['verdict'], string>> = { opens: '+', closes: '-', unknown: '?' };

/** For a terminal. */
export function text(report: Report): string {
  const lines = [
    plain(sentenceOf(report)),
    ...report.environments.flatMap((environment) => [
      ...(environment.name === '' ? [] : ['', `${environment.name}:`]),
      ...environmentLines(environment),
    ]),
    ...(needsApproval(report) ? ['', `needs an approval: egress-approved-${report.digest}`] : []),
  ];
  // Names come from a pull request: nothing of them may steer a terminal.
  return `${lines.map((line) => line.replace(/\p{Cc}/gu, ' ').replaceAll('`', '')).join('\n')}\n`;
}

function environmentLines(environment: EnvironmentReport): string[] {
  const { opens, closes, unknown, drift, replaced, renamed, findings, acknowledged, notLookedAt } = environment;
  const line = (row: Row): string =>
    `${SIGN[row.verdict]} ${plain(clauseOf(row))}${row.note === undefined || row.verdict === 'unknown' ? '' : ` (${plain(row.note)})`}`;
  return [
    ...section('', [...opens, ...unknown, ...closes].map(line)),
    ...section('changed on the platform since the last apply', drift.map(line)),
    ...section(
      'replaced meanwhile',
      replaced.map(({ name, address }) => `${name} (${address})`),
    ),
    ...section(
      'renamed',
      renamed.map(({ from, to }) => `${placeOf(from)} -> ${placeOf(to)}: .moveFromId('${from.address}') keeps it`),
    ),
    ...section(
      'checks',
      findings.map(
        (finding) => `${finding.level} ${findingId(finding)}: ${finding.message}${finding.fresh ? ' (new)' : ''}`,
      ),
    ),
    ...section(
      'acknowledged',
      acknowledged.map((finding) => `${findingId(finding)} on ${finding.subject}: ${finding.reason}`),
    ),
    ...section('not looked at', notLookedAt),
  ];
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', ...(title === '' ? [] : [`${title}:`]), ...lines.map((line) => `  ${line}`)];
}
