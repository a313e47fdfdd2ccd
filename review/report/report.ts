import type { Change } from '../difference/change';
import { placeOf, type Origin } from '../model/facts';
import { grouped, remember } from '../model/maps';
import type { Model } from '../model/model';
import type { Rename } from '../difference/identities';
import type { Replacement } from '../readers/plan';
import { names, phrase, say, type Phrase, type Text } from '../phrase';
import type { Finding } from '../rules';
import { MODAL, ORDER, WAYS } from './ways';
import { MOST_NAMES } from '../limits';

/** The content of a review, before it is printed. */
export interface Report {
  /** From saved plans, or from two synthesized programs without a plan. */
  readonly kind: 'plans' | 'programs';
  /** Whether something opens or is unknown, so that the gate waits for an approval. */
  readonly widens: boolean;
  /**
   * If set, an approval is always needed and is valid only for this commit: what was reviewed came from the commit's
   * own code.
   */
  readonly commit?: string;
  /**
   * The digest of everything that opens. An approval names it, so it doesn't cover anything that a later commit opens.
   */
  readonly digest: string;
  readonly environments: readonly EnvironmentReport[];
}

/** Whether the gate waits for an approval. */
export function needsApproval({ widens, commit }: Pick<Report, 'widens' | 'commit'>): boolean {
  return widens || commit !== undefined;
}

export interface EnvironmentReport {
  /** Empty if there is only one. */
  readonly name: string;
  readonly opens: readonly Row[];
  readonly closes: readonly Row[];
  readonly unknown: readonly Row[];
  /** What was changed on the platform since the last apply; the plan starts from this state. */
  readonly drift: readonly Row[];
  readonly findings: readonly ReportedFinding[];
  readonly acknowledged: readonly (ReportedFinding & { readonly reason: string })[];
  readonly replaced: readonly Replacement[];
  readonly renamed: readonly Rename[];
  readonly notLookedAt: readonly Text[];
  /** Only a comment that is short enough shows it. */
  readonly picture: () => Picture;
  /** Everything that opens or is unknown, by ids: what an approval covers. */
  readonly openings: readonly Change[];
}

export interface ReportedFinding extends Finding {
  /** Whether the change introduces it. */
  readonly fresh: boolean;
}

/** Several equal changes in one row, with labels instead of ids. */
export interface Row extends Omit<Change, 'origin'> {
  /** Where in the code: construct paths, or addresses if the paths aren't known. */
  readonly code: readonly string[];
}

/** The new state with the differences marked. */
export interface Picture {
  readonly spaces: readonly { readonly name: string; readonly applications: readonly string[] }[];
  readonly edges: readonly Edge[];
}

export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly text: string;
  readonly mark: 'same' | Change['verdict'];
}

/** Labels for ids: the application's name if it is unique, otherwise with space and organization. */
export class Labels {
  private readonly counts = new Map<string, number>();
  private readonly known = new Map<string, string>();
  private readonly ids: ReadonlySet<string>;

  constructor(...models: readonly Model[]) {
    this.ids = new Set(models.flatMap(({ applications, spaces }) => [...applications.keys(), ...spaces.keys()]));
    for (const id of this.ids) {
      for (const suffix of suffixes(id)) this.counts.set(suffix, (this.counts.get(suffix) ?? 0) + 1);
    }
  }

  /** An id that isn't an application or space of the models, such as an address, is printed as it is. */
  of(id: string): string {
    if (!this.ids.has(id)) return id;
    return remember(this.known, id, () => suffixes(id).find((suffix) => this.counts.get(suffix) === 1) ?? id);
  }
}

function suffixes(id: string): string[] {
  const parts = id.split('/');
  return parts.map((_, index) => parts.slice(parts.length - 1 - index).join('/'));
}

/** Merges changes that differ only in who is affected into one row. */
export function rowsOf(changes: readonly Change[], before: Model, after: Model, labels: Labels): Row[] {
  const groups = grouped(changes, ({ verdict, way, what, via, note, token }) =>
    JSON.stringify([verdict, way, what, via, note, token]),
  );
  const named = new Map<readonly string[], readonly string[]>();
  const namesFor = (who: readonly string[]): readonly string[] =>
    remember(named, who, () => [...new Set(who.map((id) => labels.of(id)))].sort());
  return [...groups.values()]
    .map((group): Row => {
      const [{ verdict, way, what, via, note, token }] = group as [Change];
      const [first, ...more] = group.map(({ who }) => namesFor(who)) as [readonly string[], ...(readonly string[])[]];
      return {
        verdict,
        way,
        who: more.length === 0 ? first : [...new Set([first, ...more].flat())].sort(),
        what,
        ...(via !== undefined && { via: labels.of(via) }),
        ...(note !== undefined && { note }),
        ...(token !== undefined && { token }),
        code: [...new Set(group.flatMap((change) => codeOf(change, before, after)))],
      };
    })
    .sort((a, b) => (ORDER.get(a.way) ?? 0) - (ORDER.get(b.way) ?? 0));
}

/** The rows of each verdict. */
export function rowsByVerdict(
  changes: readonly Change[],
  before: Model,
  after: Model,
  labels = new Labels(before, after),
): Record<Change['verdict'], Row[]> {
  const rows = (verdict: Change['verdict']): Row[] => {
    const some = changes.filter((change) => change.verdict === verdict);
    return rowsOf(some, before, after, labels);
  };
  return { opens: rows('opens'), closes: rows('closes'), unknown: rows('unknown') };
}

/** Where a reader should look in the code: the policy or route itself, the proxy with its list, or the space. */
function codeOf({ way, who, via = '', origin }: Change, before: Model, after: Model): string[] {
  if (origin !== undefined) return [placeOf(origin)];
  const applicationIn = (model: Model): Origin | undefined => model.applications.get(via)?.origin;
  const spaceIn = (model: Model, id: string): Origin | undefined =>
    model.spaces.get(model.applications.get(id)?.space ?? id)?.origin;
  const found =
    way === 'proxy' || way === 'forward' || way === 'program'
      ? [applicationIn(after) ?? applicationIn(before)]
      : who.map((id) => spaceIn(after, id) ?? spaceIn(before, id));
  return found.flatMap((place) => (place === undefined ? [] : [placeOf(place)]));
}

/** One sentence that summarizes the whole change. */
export function sentenceOf(report: Pick<Report, 'environments'>): Phrase {
  const { environments } = report;
  const rows = (verdict: Change['verdict']) =>
    environments.flatMap(({ name, [verdict]: all }) => all.map((row) => ({ row, name })));
  const all = (['opens', 'unknown', 'closes'] as const).flatMap(rows);
  const [first, ...more] = all;
  if (first === undefined) return [countsOf(report)];
  const where = environments.length > 1 ? say`${first.name}: ` : [];
  const others = more.length > 0 ? [`, and ${more.length} more`] : [];
  return [`${countsOf(report)}: `, ...where, ...clauseOf(first.row), ...others];
}

/** The sentence without its example, which may be of any length. */
export function countsOf({ environments }: Pick<Report, 'environments'>): string {
  const counts = (['opens', 'closes', 'unknown'] as const).map(
    (verdict) => [verdict, environments.reduce((sum, environment) => sum + environment[verdict].length, 0)] as const,
  );
  if (counts.every(([, count]) => count === 0)) return 'no change of reach';
  return counts
    .filter(([verdict, count]) => count > 0 || verdict !== 'unknown')
    .map(([verdict, count]) => (verdict === 'unknown' ? `leaves ${count} unknown` : `${verdict} ${count}`))
    .join(', ');
}

/** `web can now reach api.example.gov:443 through proxy`. */
export function clauseOf(row: Row, modal: string = MODAL[row.verdict]): Phrase {
  const because = row.verdict === 'unknown' && row.note !== undefined ? say` (${phrase(row.note)})` : [];
  return [...WAYS[row.way].clause(row, namesOf(row.who), modal), ...because];
}

/** `a, b and c`, or the first three of more. */
export function namesOf(who: readonly string[]): Phrase {
  if (who.length > MOST_NAMES + 1) return names(who, MOST_NAMES);
  const last = who.at(-1);
  return who.length > 1 ? say`${names(who.slice(0, -1), MOST_NAMES)} and ${last ?? ''}` : names(who, 1);
}
