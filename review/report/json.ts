import { remember } from '../model/maps';
import { plain } from '../phrase';
import { findingId } from '../rules';
import { sentenceOf, type Report, type ReportedFinding, type Row } from './report';

/** Increases with every change of the format that isn't an addition. */
const VERSION = 2;

/**
 * For machines; the format is review/report/review.schema.json. Thousands of rows may be about the same clients, so
 * each set of clients is written once, in the order of first use.
 */
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
  const row = ({ who, what, note, ...rest }: Row, sets: Sets): object => ({
    ...rest,
    who: sets.at(who),
    what: plain(what),
    ...(note !== undefined && { note: plain(note) }),
  });
  const document = {
    version: VERSION,
    kind: report.kind,
    sentence: plain(sentenceOf(report)),
    widens: report.widens,
    ...(report.commit !== undefined && { commit: report.commit }),
    digest: report.digest,
    environments: report.environments.map((environment) => {
      const { name, replaced, renamed, findings, acknowledged, notLookedAt } = environment;
      const sets = new Sets();
      const rows = (all: readonly Row[]): object[] => all.map((each) => row(each, sets));
      const [opens, closes, unknown, drift] = [
        rows(environment.opens),
        rows(environment.closes),
        rows(environment.unknown),
        rows(environment.drift),
      ];
      return {
        name,
        clients: sets.all,
        opens,
        closes,
        unknown,
        drift,
        replaced,
        renamed,
        findings: findings.map(finding),
        acknowledged: acknowledged.map((each) => ({ ...finding(each), reason: each.reason })),
        notLookedAt: notLookedAt.map(plain),
      };
    }),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** Distinct sets of names. */
class Sets {
  readonly all: (readonly string[])[] = [];
  private readonly places = new Map<string, number>();
  /** Most rows share the same array. */
  private readonly known = new Map<readonly string[], number>();

  /** The index of the set. */
  at(names: readonly string[]): number {
    return remember(this.known, names, () =>
      remember(this.places, JSON.stringify(names), () => this.all.push(names) - 1),
    );
  }
}
