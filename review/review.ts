import { ANYONE, HIDDEN, stamp, type Change } from './difference/change';
import { assumedChanges, uncoveredChanges, unknownChanges } from './difference/uncovered';
import { difference, widens } from './difference/difference';
import { binderOfPrograms } from './difference/programs';
import { identityChanges, binderOfNames, renames } from './difference/identities';
import { DEFAULT_SETTINGS, type Settings } from './settings';
import { placeIn, type Facts } from './model/facts';
import { block } from './readers/json';
import { readAll, type Stacks } from './readers/plans';
import { factsOf } from './readers/resources';
import { readNotes, readSettings, readTree, readTrees, withClaims, type SynthesizedStack } from './readers/tree';
import { byText } from './model/maps';
import { Model } from './model/model';
import type { Notes } from './readers/tree/blocks';
import { say, type Text } from './phrase';
import { acknowledge, findingId, findingsOf, type Finding } from './rules';
import { isSensitive, type Resource } from './readers/values';
import type { PlanFile } from './readers/input';
import { pictureOf } from './report/picture';
import { digestOf } from './report/digest';
import {
  Labels,
  rowsByVerdict,
  rowsOf,
  type EnvironmentReport,
  type Report,
  type ReportedFinding,
} from './report/report';

const NO_NOTES: Notes = { acknowledged: [], claims: [] };

/** What neither plans nor programs show. */
const NEVER_SEEN: readonly Text[] = [
  say`security groups and network policies that were made by hand, and groups that the foundation binds to every space: ${'space-egress audit'} reads them`,
  'names in DNS queries: every application can ask the platform’s resolver, in closed spaces too, so a little data can leave in them',
];

/**
 * Reviews saved plans. Plans of the same environment are read together, with the edges across their stacks.
 *
 * @param today the current day, to decide what has expired
 * @param earlier the program before the change, along with that of the plans, for what a plan doesn't contain, such as
 * provider settings
 */
export function reviewPlans(
  plans: readonly PlanFile[],
  trees: readonly SynthesizedStack[] = [],
  today?: string,
  settings: Settings = DEFAULT_SETTINGS,
  earlier: readonly SynthesizedStack[] = [],
): Report {
  // An approval must not depend on the order in which the files were given.
  const ordered = [...plans].sort((a, b) => byText(a.stack, b.stack) || byText(a.file, b.file));
  const names = [...new Set(plans.map(({ environment }) => environment))];
  return reportOf(
    'plans',
    names.map((name) =>
      planned(
        name,
        ordered.filter(({ environment }) => environment === name),
        trees,
        settings,
        today,
        earlier,
      ),
    ),
  );
}

/**
 * Compares two states of a program without a plan, for a pull request without credentials.
 *
 * @param today the current day, to decide what has expired
 * @param unplanned why there is no plan although one was expected: the change is then unknown, whatever the programs
 * say
 */
export function reviewTrees(
  before: readonly SynthesizedStack[],
  after: readonly SynthesizedStack[],
  today?: string,
  settings: Settings = DEFAULT_SETTINGS,
  unplanned?: string,
): Report {
  const read = readTrees(before, after);
  const environment = compare('', {
    before: withClaims(factsOf(read.before), readNotes(before).claims),
    after: withClaims(factsOf(read.after), readNotes(after).claims),
    uncovered: [
      ...uncoveredChanges(read.before, read.after, settings),
      ...unknownChanges(read.before, read.after),
      ...assumedChanges(read.assumed, settings),
      ...unplannedChange(unplanned),
    ],
    code: after.map(({ name, json }) => [name, json]),
    resources: read.after,
    settings,
    notes: readNotes(after),
    today,
  });
  return reportOf('programs', [
    {
      ...environment,
      notLookedAt: ['what is deployed: two states of the program are compared', ...environment.notLookedAt],
    },
  ]);
}

/** The reason contains names from the change, so the whole text is treated as one. */
function unplannedChange(reason: string | undefined): Change[] {
  return reason === undefined
    ? []
    : [{ verdict: 'unknown', way: 'unplanned', who: [ANYONE], what: [{ name: reason }] }];
}

/** What the plans say about an environment. */
export function plannedFacts(plans: readonly PlanFile[], trees: readonly SynthesizedStack[] = []): Facts {
  return withClaims(factsOf(readAll(plans, trees).after), readNotes(trees).claims);
}

/** What a program says. */
export function treeFacts(trees: readonly SynthesizedStack[]): Facts {
  return withClaims(factsOf(readTree(trees)), readNotes(trees).claims);
}

function planned(
  name: string,
  plans: readonly PlanFile[],
  trees: readonly SynthesizedStack[],
  settings: Settings,
  today?: string,
  earlier: readonly SynthesizedStack[] = [],
): EnvironmentReport {
  const notes = readNotes(trees);
  const read = readAll(plans, trees, earlier);
  const own = (stacks: Stacks): Stacks => stacks.filter((stack) => read.stacks.has(stack.name));
  const declared = readSettings(own(earlier), own(trees));
  const facts = (resources: readonly Resource[]): Facts => withClaims(factsOf(resources), notes.claims);
  const [before, after] = [facts(read.before), facts(read.after)];
  return {
    ...compare(name, {
      before,
      after,
      ...(read.applied !== undefined && { applied: facts(read.applied) }),
      uncovered: [
        ...uncoveredChanges(read.before, read.after, settings),
        ...(earlier.length > 0 ? uncoveredChanges(declared.before, declared.after, settings) : []),
        // Sensitive values are compared by their hashes; anything else unknown was known before.
        ...unknownChanges(read.before, read.after, isSensitive),
      ],
      code: [trees.map((tree) => [tree.name, tree.json]), plans.map(({ json }) => block(json).configuration)],
      resources: read.after,
      settings,
      notes,
      gaps: read.gaps,
      today,
    }),
    replaced: read.replaced,
  };
}

interface Comparison {
  readonly before: Facts;
  readonly after: Facts;
  readonly applied?: Facts;
  readonly uncovered: readonly Change[];
  /** The code, as far as it is known: when values aren't shown, an approval is only for this code. */
  readonly code: unknown;
  /** All resources after the change. */
  readonly resources: readonly Resource[];
  readonly settings: Settings;
  readonly notes?: Notes;
  readonly gaps?: readonly string[];
  readonly today?: string;
}

function compare(name: string, comparison: Comparison): EnvironmentReport {
  const { before, after, applied, uncovered, resources, settings, notes = NO_NOTES, gaps = [], today } = comparison;
  const [old, now] = [new Model(before, today), new Model(after, today)];
  const labels = new Labels(old, now);
  const changes = [...difference(old, now, settings), ...identityChanges(before, after), ...uncovered];
  const named = binderOfNames(resources);
  const running = binderOfPrograms(old, now, settings);
  const left = applied === undefined ? old : new Model(applied, today);
  const had = new Set(findingsOf(old).map(identity));
  const { open, acknowledged } = acknowledge(findingsOf(now), notes.acknowledged);
  const marked = <T extends Finding>(finding: T): T & ReportedFinding => ({
    ...finding,
    fresh: !had.has(identity(finding)),
  });
  return {
    name,
    ...rowsByVerdict(changes, old, now, labels),
    drift: left === old ? [] : rowsOf(difference(left, old), left, old, labels),
    findings: open.map(marked),
    acknowledged: acknowledged.map(marked),
    replaced: [],
    renamed: renames(before, after, new Set(resources.map((resource) => placeIn(resource)))),
    notLookedAt: [...gaps, ...NEVER_SEEN],
    picture: () => pictureOf(old, now, changes, labels),
    openings: changes
      .filter(({ verdict }) => verdict !== 'closes')
      .map((change) => boundTo(comparison.code, running(named(change)))),
  };
}

function boundTo(code: unknown, change: Change): Change {
  const { token } = change;
  return token?.startsWith(HIDDEN) === true ? { ...change, token: `${token} ${stamp(JSON.stringify(code))}` } : change;
}

function identity(finding: Finding): string {
  return `${findingId(finding)} ${finding.subject} ${finding.level}`;
}

function reportOf(kind: Report['kind'], environments: readonly EnvironmentReport[]): Report {
  const changes = environments.flatMap(({ openings }) => openings);
  return { kind, widens: widens(changes), digest: digestOf(kind, environments), environments };
}
