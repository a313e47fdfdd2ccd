import { grouped } from '../model/model';
import { placeOf } from '../model/facts';
import { findingId } from '../rules';
import { code, prose } from './escape';
import { draw } from './mermaid';
import { names as namesOf, phrase, type Text } from '../phrase';
import { WAYS } from './ways';
import { clauseOf, sentenceOf, type EnvironmentReport, type Report, type ReportedFinding, type Row } from './report';

/** GitHub refuses a longer comment; the rest is for what the workflow writes around it. */
const LONGEST = 65_536 - 1_024;
/** How much is shown in full, tried from the top until the comment is short enough. */
const BUDGETS: readonly Budget[] = [
  { rows: Infinity, names: Infinity, picture: true },
  { rows: 200, names: 20, picture: true },
  { rows: 100, names: 10, picture: true },
  { rows: 40, names: 5, picture: false },
  { rows: 10, names: 3, picture: false },
  { rows: 2, names: 1, picture: false },
];
const FOLD_ROWS = 15;

interface Budget {
  readonly rows: number;
  readonly names: number;
  readonly picture: boolean;
}

/** The comment of a pull request: one sentence first, what opens, what closes, a picture, and what was not looked at. */
export function markdown(report: Report): string {
  const versions = BUDGETS.map((budget) => () => withBudget(report, budget));
  for (const version of versions) {
    const text = version();
    if (text.length <= LONGEST) return text;
  }
  const text = withBudget(report, { rows: 2, names: 1, picture: false });
  return `${text.slice(0, LONGEST - 100)}\n\n_The rest was left out: it is in the JSON of the review._\n`;
}

function withBudget(report: Report, budget: Budget): string {
  const several = report.environments.length > 1;
  const blocks = [
    `### Egress: ${said(sentenceOf(report))}`,
    ...report.environments.flatMap((environment) => [
      ...(several ? [`#### ${prose(environment.name === '' ? 'without a name' : environment.name)}`] : []),
      ...environmentBlocks(environment, budget),
    ]),
    ...approval(report),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function approval({ widens, commit, digest }: Report): string[] {
  const label = code(`egress-approved-${digest}`);
  if (commit !== undefined) {
    return [
      'This comes from a fork, whose own code says what it does. Read the diff: ' +
        `it needs an approval whatever opens, which holds for exactly this and for commit ${code(commit)} alone: ${label}.`,
    ];
  }
  return widens ? [`What opens needs an approval, which holds for exactly this: ${label}.`] : [];
}

function environmentBlocks(environment: EnvironmentReport, budget: Budget): string[] {
  const { opens, closes, unknown, drift } = environment;
  const changed = opens.length + closes.length + unknown.length > 0;
  return [
    ...rows('Opens', 'can now reach', opens, budget),
    ...rows('Can’t be told, so it counts as open', 'may now reach', unknown, budget),
    ...rows('Closes', 'can no longer reach', closes, budget),
    ...driftBlocks(drift, budget),
    ...(changed && budget.picture ? picture(environment) : []),
    ...(!budget.picture && changed ? ['_The picture was left out: the comment would be too long._'] : []),
    ...consequences(environment, budget),
    ...findings(environment, budget),
    details('Not looked at', environment.notLookedAt.map((gap) => `- ${prose(gap)}`).join('\n')),
  ];
}

function rows(title: string, verb: string, all: readonly Row[], budget: Budget): string[] {
  if (all.length === 0) return [];
  const shown = all.slice(0, budget.rows);
  const table = [
    `| who | ${verb} | how | in the code |`,
    '| --- | --- | --- | --- |',
    ...shown.map((row) => `| ${cells(row, budget).join(' | ')} |`),
  ].join('\n');
  const rest = all.length - shown.length;
  const left = rest > 0 ? `\n\n_${rest} more were left out: they are in the JSON of the review._` : '';
  return all.length > FOLD_ROWS
    ? [details(`${title} (${all.length})`, `${table}${left}`)]
    : [`**${title}**`, `${table}${left}`];
}

function cells(row: Row, { names }: Budget): string[] {
  const note = row.note === undefined ? '' : ` (${said(row.note)})`;
  const places = row.code.slice(0, names).map(code);
  const more = row.code.length > places.length ? ` and ${row.code.length - places.length} more` : '';
  const { who = namesOf(row.who, names), what, how } = WAYS[row.way].cells(row);
  return [said(who), said(what) + note, said(how), `${places.join(', ')}${more}`];
}

function said(text: Text): string {
  return phrase(text)
    .map((part) => (typeof part === 'string' ? prose(part) : code(part.name)))
    .join('');
}

function driftBlocks(drift: readonly Row[], budget: Budget): string[] {
  if (drift.length === 0) return [];
  const lines = drift.slice(0, budget.rows).map((row) => `- ${said(clauseOf(row))}`);
  return [
    '**Changed on the platform since the last apply, not by the code** (what the change does is told from this state)',
    lines.join('\n'),
  ];
}

function picture({ picture: edges }: EnvironmentReport): string[] {
  const { text, leftOut } = draw(edges);
  const left = leftOut > 0 ? `\n\n_${leftOut} edges were left out._` : '';
  return [details('Picture: green opens, red closes, amber can’t be told', `\`\`\`mermaid\n${text}\n\`\`\`${left}`)];
}

const CONSEQUENCE: Readonly<Record<string, string>> = {
  cloudfoundry_app:
    'it is stopped and made anew: its network policies are gone until the apply ends, and so is its way through a proxy',
  cloudfoundry_space: 'everything in it is deleted and made anew, its roles and security groups included',
  cloudfoundry_route: 'its name leads nowhere until the apply ends',
  cloudfoundry_network_policy: 'the connection is closed until the apply ends',
  cloudfoundry_security_group_space_bindings: 'the space is without the group until the apply ends',
};

function consequences({ replaced, renamed }: EnvironmentReport, budget: Budget): string[] {
  const replacements = replaced.slice(0, budget.rows).map(({ type, name, address, because }) => {
    const why = because.length === 0 ? '' : `, since ${because.map(code).join(', ')} can’t be changed in place`;
    return `- ${code(name)} (${code(address)}) is replaced${why}: ${CONSEQUENCE[type] ?? 'it is deleted and made anew'}.`;
  });
  const names = renamed.slice(0, budget.rows).map(({ what, from, to }) => {
    const type = to.address.split('.')[0] ?? '';
    return (
      `- ${code(placeOf(from))} was renamed to ${code(placeOf(to))}; both are the ${code(what)}. ` +
      `Renamed like this, ${CONSEQUENCE[type] ?? 'it is deleted and made anew'}. ` +
      `To keep it, say ${code(`moveFromId('${from.address}')`)} on the resource.`
    );
  });
  const left = replaced.length + renamed.length - replacements.length - names.length;
  const lines = [...replacements, ...names, ...(left > 0 ? [`- and ${left} more`] : [])];
  return lines.length === 0 ? [] : ['**Replaced meanwhile**', lines.join('\n')];
}

function findings({ findings: all, acknowledged }: EnvironmentReport, budget: Budget): string[] {
  const fresh = all.filter((finding) => finding.fresh);
  const old = all.filter((finding) => !finding.fresh);
  const list = (some: readonly ReportedFinding[]): string => {
    const groups = [...grouped(some, ({ level, rule }) => `${level} ${rule}`).values()];
    const shown = groups.slice(0, budget.rows).map((group) => findingLine(group, budget));
    const rest = groups.length - shown.length;
    return [...shown, ...(rest > 0 ? [`- and ${rest} more checks`] : [])].join('\n');
  };
  return [
    ...(fresh.length > 0 ? ['**Checks: new with this change**', list(fresh)] : []),
    ...(old.length > 0 ? [details(`Checks: there before (${old.length})`, list(old))] : []),
    ...(acknowledged.length > 0
      ? [
          details(
            `Checks: acknowledged in the code (${acknowledged.length})`,
            acknowledged
              .slice(0, budget.rows)
              .map((finding) => `- ${code(findingId(finding))} on ${code(finding.subject)}: ${prose(finding.reason)}`)
              .join('\n'),
          ),
        ]
      : []),
  ];
}

/** What one check found, with its reason once. */
function findingLine(found: readonly ReportedFinding[], { names }: Budget): string {
  const [{ level, why }] = found as [ReportedFinding];
  const ids = [...new Set(found.map(findingId))].slice(0, names).map(code).join(', ');
  const messages = found.slice(0, names).map(({ message }) => prose(message));
  const more = found.length > messages.length ? `; and ${found.length - messages.length} more` : '';
  const reason = why.charAt(0).toUpperCase() + why.slice(1);
  return `- **${level}** ${ids}: ${messages.join('; ')}${more}. ${prose(reason)}.`;
}

function details(summary: string, body: string): string {
  return `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`;
}
