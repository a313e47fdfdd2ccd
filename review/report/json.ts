import { plain } from '../phrase';
import { findingId } from '../rules';
import { sentenceOf, type Report, type ReportedFinding, type Row } from './report';

/** For machines; the form is review/report/review.schema.json, and its version grows with every change that is not an addition. */
export function json(report: Report): string {
  const finding = ({ rule, level, subject, message, why, fresh, origin, ...rest }: ReportedFinding): object => ({
    id: findingId({ rule, level, subject, message, why, ...rest }),
    rule,
    level,
    subject,
    message: plain(message),
    why,
    new: fresh,
    ...(origin !== undefined && { origin }),
  });
  const row = ({ what, note, ...rest }: Row): object => ({
    ...rest,
    what: plain(what),
    ...(note !== undefined && { note: plain(note) }),
  });
  const document = {
    version: 1,
    kind: report.kind,
    sentence: plain(sentenceOf(report)),
    widens: report.widens,
    ...(report.commit !== undefined && { commit: report.commit }),
    digest: report.digest,
    environments: report.environments.map(
      ({ name, opens, closes, unknown, drift, replaced, renamed, findings, acknowledged, notLookedAt }) => ({
        name,
        opens: opens.map(row),
        closes: closes.map(row),
        unknown: unknown.map(row),
        drift: drift.map(row),
        replaced,
        renamed,
        findings: findings.map(finding),
        acknowledged: acknowledged.map((each) => ({ ...finding(each), reason: each.reason })),
        notLookedAt: notLookedAt.map(plain),
      }),
    ),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
