import type { Nodes, PhrasingContent, RootContent, Heading, List, Paragraph, Table, TableCell } from 'mdast';
import { gfmAutolinkLiteralToMarkdown } from 'mdast-util-gfm-autolink-literal';
import { gfmTableToMarkdown } from 'mdast-util-gfm-table';
import { toMarkdown } from 'mdast-util-to-markdown';
import { LONGEST_COMMENT, MOST_OPEN_ROWS } from '../limits';
import { placeOf } from '../model/facts';
import { grouped } from '../model/maps';
import { joined, names as namesOf, phrase, say, type Phrase, type Text } from '../phrase';
import { inline } from './escape';
import { draw } from './picture';
import {
  clauseOf,
  countsOf,
  sentenceOf,
  type EnvironmentReport,
  type Report,
  type ReportedFinding,
  type Row,
} from './report';
import { WAYS } from './ways';
import { findingId } from '../rules';

/** A row is at least this long, so a comment that can't fit isn't generated at all. */
const SHORTEST_ROW = 30;
/** How much is shown in full, tried in order until the comment is short enough. */
const BUDGETS: readonly Budget[] = [
  { rows: Infinity, names: Infinity, picture: true },
  { rows: 200, names: 20, picture: true },
  { rows: 100, names: 10, picture: true },
  { rows: 40, names: 5, picture: false },
  { rows: 10, names: 3, picture: false },
  { rows: 2, names: 1, picture: false },
];

interface Budget {
  readonly rows: number;
  readonly names: number;
  readonly picture: boolean;
}

/** The comment on a pull request: a sentence, what opens, what closes, a picture, and what wasn't reviewed. */
export function markdown(report: Report): string {
  const lists = report.environments.flatMap(({ opens, unknown, closes }) => [opens, unknown, closes]);
  for (const budget of BUDGETS) {
    const rows = lists.reduce((sum, list) => sum + Math.min(list.length, budget.rows), 0);
    if (rows * SHORTEST_ROW > LONGEST_COMMENT) continue;
    const made = blocks(report, budget);
    // Printing only makes the texts longer, and takes longest for those that are too long.
    if (lengthOf(made) > LONGEST_COMMENT) continue;
    const text = print(made);
    if (text.length <= LONGEST_COMMENT) return text;
  }
  const more = 'The rest was left out because the comment would be too long: see the JSON of the review.';
  const short = (sentence: Phrase): string =>
    print([title(3, say`Egress: ${sentence}`), paragraph(more), ...approval(report)]);
  const text = short(sentenceOf(report));
  return text.length <= LONGEST_COMMENT ? text : short([countsOf(report)]);
}

/** The number of characters of all texts in these nodes. */
function lengthOf(nodes: readonly Nodes[]): number {
  return nodes.reduce(
    (sum, node) => sum + ('value' in node ? node.value.length : 0) + ('children' in node ? lengthOf(node.children) : 0),
    0,
  );
}

/** Prints blocks in GitHub's Markdown. */
export function print(children: RootContent[]): string {
  const extensions = [gfmTableToMarkdown({ tablePipeAlign: false }), gfmAutolinkLiteralToMarkdown()];
  return toMarkdown({ type: 'root', children }, { bullet: '-', emphasis: '_', extensions });
}

function blocks(report: Report, budget: Budget): RootContent[] {
  const several = report.environments.length > 1;
  return [
    title(3, say`Egress: ${sentenceOf(report)}`),
    ...report.environments.flatMap((environment) => [
      ...(several ? [title(4, environment.name === '' ? 'without a name' : say`${environment.name}`)] : []),
      ...environmentBlocks(environment, budget),
    ]),
    ...approval(report),
  ];
}

function approval({ widens, commit, digest }: Report): RootContent[] {
  const label = say`${`egress-approved-${digest}`}`;
  if (commit !== undefined) {
    return [
      paragraph(
        say`This change comes from a fork, whose own code produced what is reviewed. Read the diff: whatever opens, it needs an approval of exactly this change at commit ${commit}: ${label}.`,
      ),
    ];
  }
  return widens ? [paragraph(say`What opens needs an approval of exactly this change: ${label}.`)] : [];
}

function environmentBlocks(environment: EnvironmentReport, budget: Budget): RootContent[] {
  const { opens, closes, unknown, drift } = environment;
  const changed = opens.length + closes.length + unknown.length > 0;
  return [
    ...rows('Opens', 'can now reach', opens, budget),
    ...rows('Unknown, so it counts as opening', 'may now reach', unknown, budget),
    ...rows('Closes', 'can no longer reach', closes, budget),
    ...driftBlocks(drift, budget),
    ...(changed && budget.picture ? picture(environment) : []),
    ...(!budget.picture && changed ? [italic('The picture was left out because the comment would be too long.')] : []),
    ...consequences(environment, budget),
    ...findings(environment, budget),
    ...fold('Not reviewed', [bullets(environment.notLookedAt.map(inline))]),
  ];
}

function rows(name: string, verb: string, all: readonly Row[], budget: Budget): RootContent[] {
  if (all.length === 0) return [];
  const shown = all.slice(0, budget.rows);
  const body = [
    table(
      ['who', verb, 'how', 'in the code'],
      shown.map((row) => cells(row, budget)),
    ),
    ...leftOut(all.length - shown.length, 'more were'),
  ];
  return all.length > MOST_OPEN_ROWS ? fold(`${name} (${all.length})`, body) : [paragraph([], name), ...body];
}

function leftOut(count: number, what: string): RootContent[] {
  return count > 0 ? [italic(`${count} ${what} left out: they are in the JSON of the review.`)] : [];
}

function cells(row: Row, { names }: Budget): Phrase[] {
  const { who = namesOf(row.who, names), what, how } = WAYS[row.way].cells(row);
  const note = row.note === undefined ? [] : say` (${phrase(row.note)})`;
  return [phrase(who), [...phrase(what), ...note], phrase(how), namesOf(row.code, names)];
}

function driftBlocks(drift: readonly Row[], budget: Budget): RootContent[] {
  if (drift.length === 0) return [];
  return [
    paragraph(
      ' (the review compares the change with this state)',
      'Changed on the platform since the last apply, not by the code',
    ),
    bullets(drift.slice(0, budget.rows).map((row) => inline(clauseOf(row)))),
    ...leftOut(drift.length - budget.rows, 'more were'),
  ];
}

function picture(environment: EnvironmentReport): RootContent[] {
  const { text, leftOut: missing } = draw(environment.picture());
  return fold('Picture: green opens, red closes, amber is unknown', [
    { type: 'code', lang: 'mermaid', value: text },
    ...(missing > 0 ? [italic(`${missing} edges were left out.`)] : []),
  ]);
}

const CONSEQUENCE: Readonly<Record<string, string>> = {
  cloudfoundry_app:
    'it is stopped and recreated: until the apply ends, it has no network policies and can’t use a proxy',
  cloudfoundry_space: 'everything in it is deleted and recreated, including its roles and security groups',
  cloudfoundry_route: 'its name does not work until the apply ends',
  cloudfoundry_network_policy: 'the connection is closed until the apply ends',
  cloudfoundry_security_group_space_bindings: 'the space does not have the group until the apply ends',
};

function consequenceOf(type: string): Phrase {
  return [CONSEQUENCE[type] ?? 'it is deleted and recreated'];
}

function consequences({ replaced, renamed }: EnvironmentReport, budget: Budget): RootContent[] {
  const replacements = replaced.slice(0, budget.rows).map(({ type, name, address, because }) => {
    const why = because.length === 0 ? [] : say`, since ${namesOf(because, Infinity)} can’t be changed in place`;
    return say`${name} (${address}) is replaced${why}: ${consequenceOf(type)}.`;
  });
  const moves = renamed.slice(0, budget.rows).map(({ what, from, to }) => {
    const consequence = consequenceOf(to.address.split('.')[0] ?? '');
    return say`${placeOf(from)} was renamed to ${placeOf(to)}; both are the ${what}. If it is renamed like this, ${consequence}. To keep it, call ${`moveFromId('${from.address}')`} on the resource.`;
  });
  const left = replaced.length + renamed.length - replacements.length - moves.length;
  const lines: Text[] = [...replacements, ...moves, ...(left > 0 ? [`and ${left} more`] : [])];
  return lines.length === 0 ? [] : [paragraph([], 'Replaced during the apply'), bullets(lines.map(inline))];
}

function findings({ findings: all, acknowledged }: EnvironmentReport, budget: Budget): RootContent[] {
  const fresh = all.filter((finding) => finding.fresh);
  const old = all.filter((finding) => !finding.fresh);
  const list = (some: readonly ReportedFinding[]): RootContent => {
    const groups = [...grouped(some, ({ level, rule }) => `${level} ${rule}`).values()];
    const shown = groups.slice(0, budget.rows).map((group) => findingLine(group, budget));
    const rest = groups.length - shown.length;
    return bullets([...shown, ...(rest > 0 ? [inline(`and ${rest} more checks`)] : [])]);
  };
  const reasons = acknowledged
    .slice(0, budget.rows)
    .map((finding) => inline(say`${findingId(finding)} on ${finding.subject}: ${[finding.reason]}`));
  return [
    ...(fresh.length > 0 ? [paragraph([], 'Checks: new with this change'), list(fresh)] : []),
    ...(old.length > 0 ? fold(`Checks: not new (${old.length})`, [list(old)]) : []),
    ...(acknowledged.length > 0
      ? fold(`Checks: acknowledged in the code (${acknowledged.length})`, [bullets(reasons)])
      : []),
  ];
}

/** One check's findings, with the reason given once. */
function findingLine(found: readonly ReportedFinding[], { names }: Budget): PhrasingContent[] {
  const [{ level, why }] = found as [ReportedFinding];
  const ids = namesOf([...new Set(found.map(findingId))].slice(0, names), names);
  const messages = found.slice(0, names).map(({ message }) => message);
  const more = found.length > messages.length ? `; and ${found.length - messages.length} more` : '';
  const reason = why.charAt(0).toUpperCase() + why.slice(1);
  return [
    { type: 'strong', children: [{ type: 'text', value: level }] },
    ...inline(say` ${ids}: ${joined(messages, '; ')}${[more]}. ${[reason]}.`),
  ];
}

export function title(depth: Heading['depth'], text: Text): Heading {
  return { type: 'heading', depth, children: inline(text) };
}

/** @param strong the beginning, in bold */
export function paragraph(text: Text, strong?: string): Paragraph {
  const start: PhrasingContent[] =
    strong === undefined ? [] : [{ type: 'strong', children: [{ type: 'text', value: strong }] }];
  return { type: 'paragraph', children: [...start, ...inline(text)] };
}

function italic(text: string): Paragraph {
  return { type: 'paragraph', children: [{ type: 'emphasis', children: [{ type: 'text', value: text }] }] };
}

export function bullets(lines: readonly PhrasingContent[][]): List {
  return {
    type: 'list',
    spread: false,
    children: lines.map((children) => ({
      type: 'listItem',
      spread: false,
      children: [{ type: 'paragraph', children }],
    })),
  };
}

export function table(head: readonly string[], rows: readonly (readonly Text[])[]): Table {
  const cell = (text: Text): TableCell => ({ type: 'tableCell', children: inline(text) });
  return {
    type: 'table',
    children: [head, ...rows].map((cells) => ({ type: 'tableRow', children: cells.map(cell) })),
  };
}

/** @param summary must be our own text: it is not escaped */
function fold(summary: string, body: readonly RootContent[]): RootContent[] {
  return [
    { type: 'html', value: `<details><summary>${summary}</summary>` },
    ...body,
    { type: 'html', value: '</details>' },
  ];
}
