import { MOST_WORDS_IN_TEXT } from '../limits';
import { grouped } from '../model/maps';
import type { ApplicationAudit, ChangedRow, OrganizationAudit, PolicyAudit, SpaceAudit, StageAudit } from './document';
import { KINDS } from './observations';
import { line } from '../report/escape';

const WIDTH = 80;

/** For a terminal of 80 columns. */
export function organizationText(audit: OrganizationAudit): string {
  const { organization, account, at, counts, spaces, applications, unseen } = audit;
  const own = applications.filter(({ elsewhere }) => elsewhere === undefined);
  const bySpace = grouped(own, ({ space }) => space);
  const bySource = grouped(audit.policies, ({ source }) => source);
  const title = `organization ${organization}${account === undefined ? '' : ` as seen by ${account}`}, ${at}`;
  const lines = [
    ...wrapped(title),
    ...wrapped(
      `${count(spaces.length, 'space')}, ${count(own.length, 'application')}; to the internet: ` +
        `${counts.directly} directly, ${counts['through a proxy']} through a proxy, ${counts.perhaps} perhaps, ${counts.no} not`,
    ),
    ...changes(audit),
    ...spaces.flatMap((space) => ['', ...spaceLines(space, bySpace.get(space.id) ?? [], bySource)]),
    ...(audit.groups.length === 0 ? [] : ['', ...groupLines(audit)]),
    ...observed(audit),
    ...(unseen.length === 0 ? [] : ['', 'not seen:']),
    ...unseen.flatMap(({ kind, of, because, remedy }) =>
      wrapped(`? ${kind}${of.length === 0 ? '' : ` of ${some(of)}`}: ${because}; ${remedy}`, 2),
    ),
    '',
    ...wrapped(conclusion(audit)),
  ];
  return `${lines.join('\n')}\n`;
}

export function conclusion({ outcome, baseline, unseen }: OrganizationAudit): string {
  const since = baseline === undefined ? '' : ` since ${baseline.at}`;
  switch (outcome) {
    case 'not as expected':
      return `not as expected: ${count(baseline?.opens.length ?? 0, 'way')} opened${since}`;
    case 'inconclusive':
      return unseen.length > 0
        ? `inconclusive: ${baseline === undefined ? 'the account' : `nothing that the account sees opened${since}, but it`} does not see everything; see the remedies above`
        : `inconclusive: some differences${since} could not be read; see the unknown ones above`;
    case 'as expected':
      return `as expected: nothing opened${since}`;
    case undefined:
      return 'everything could be read';
  }
}

function changes({ baseline }: OrganizationAudit): string[] {
  if (baseline === undefined) return [];
  const say = (title: string, rows: readonly ChangedRow[], sign: string): string[] =>
    rows.length === 0
      ? []
      : ['', `${title} since ${baseline.at}:`, ...rows.flatMap(({ says }) => wrapped(`${sign} ${says}`, 2))];
  return [
    ...say('opened', baseline.opens, '+'),
    ...say('unknown', baseline.unknown, '?'),
    ...say('closed', baseline.closes, '-'),
  ];
}

function spaceLines(
  space: SpaceAudit,
  applications: readonly ApplicationAudit[],
  bySource: ReadonlyMap<string, readonly PolicyAudit[]>,
): string[] {
  return [
    ...wrapped(`space ${space.id}: ${count(applications.length, 'application')}`),
    ...stageLines('directly', space.running),
    ...stageLines('during staging', space.staging),
    ...applications.flatMap((application) => applicationLines(application, bySource.get(application.id) ?? [])),
  ];
}

/** Each group is printed once with what it opens, below. */
function stageLines(title: string, { groups, internet, unknown }: StageAudit): string[] {
  const open = { yes: ', including the internet', no: '', unknown: ', perhaps including the internet' }[internet];
  const by =
    groups.length === 0 ? 'nothing' : `what ${groups.join(', ')} ${groups.length === 1 ? 'opens' : 'open'}${open}`;
  return [
    ...wrapped(`${title}: ${by}`, 2),
    ...unknown.flatMap((because) => wrapped(`${title}: perhaps more, because this is unknown: ${because}`, 2)),
  ];
}

function groupLines({ groups }: OrganizationAudit): string[] {
  return groups.flatMap(({ name, opens, unknown, everywhere }) => {
    const stages = (['running', 'staging'] as const).filter((stage) => everywhere[stage] === 'yes');
    const where = stages.length === 0 ? '' : ` (every space, ${stages.join(' and ')})`;
    return [
      ...wrapped(`group ${name}${where}: ${opens.join('; ') || 'nothing'}`),
      ...unknown.flatMap((because) => wrapped(`perhaps more, because this is unknown: ${because}`, 2)),
    ];
  });
}

function applicationLines(application: ApplicationAudit, policies: readonly PolicyAudit[]): string[] {
  const { id, kind, stopped, internet, proxies, lets, mayForward, routes, internalRoutes, ssh } = application;
  const name = id.slice(application.space.length + 1);
  const marks = [kind === 'application' ? [] : [kind], stopped ? ['stopped'] : [], `internet: ${internet}`].flat();
  const details = [
    ...proxies.map(({ proxy, reaches, perhaps }) =>
      [
        reaches.length === 0 ? [] : [`through ${proxy}: ${some(reaches)}`],
        perhaps.length === 0 ? [] : [`perhaps through ${proxy}: ${some(perhaps)}`],
      ]
        .flat()
        .join('; '),
    ),
    ...(lets.length === 0 ? [] : [`lets through: ${some(lets)}`]),
    ...policies.map(({ destination, protocol, ports }) => `connects to ${destination} on ${protocol} ${ports}`),
    ...(mayForward.length === 0 ? [] : [`may connect through ${some(mayForward)}, which reach more`]),
    ...(routes.length === 0 ? [] : [`anyone reaches it at ${some(routes)}`]),
    ...(internalRoutes.length === 0 ? [] : [`internal: ${some(internalRoutes)}`]),
    ...(ssh === 'no' ? [] : [`SSH: ${ssh}`]),
  ];
  return [...wrapped(`${name} (${marks.join(', ')})`, 2), ...details.flatMap((text) => wrapped(text, 4))];
}

function observed({ observations }: OrganizationAudit): string[] {
  return KINDS.flatMap(({ id, title, why }) => {
    const found = observations.filter(({ kind }) => kind === id);
    if (found.length === 0) return [];
    return [
      '',
      ...wrapped(`${title}: ${found.length}`),
      ...wrapped(why, 2),
      ...found.flatMap(({ subject, message }) => wrapped(`- ${subject}: ${message}`, 2)),
    ];
  });
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function some(all: readonly string[]): string {
  const rest = all.length - MOST_WORDS_IN_TEXT;
  return rest > 0 ? `${all.slice(0, MOST_WORDS_IN_TEXT).join(', ')} and ${rest} more` : all.join(', ');
}

/** Breaks at spaces. Longer words stay in one piece, so that they can be copied. */
function wrapped(text: string, indent = 0): string[] {
  const start = ' '.repeat(indent);
  const lines: string[] = [];
  let current = '';
  for (const word of line(text).split(' ')) {
    const room = WIDTH - indent - (lines.length > 0 ? 2 : 0);
    if (current !== '' && current.length + 1 + word.length > room) {
      lines.push(current);
      current = word;
    } else {
      current = current === '' ? word : `${current} ${word}`;
    }
  }
  return [...lines, current].map((each, index) => `${start}${index > 0 ? '  ' : ''}${each}`);
}

const COLUMNS = ['kind', 'from', 'to', 'by', 'what', 'certain'] as const;

type Line = Readonly<Record<(typeof COLUMNS)[number], string>>;

/** One row for each way, in the format of RFC 4180, followed by observations and what wasn't seen. */
export function organizationCsv(audit: OrganizationAudit): string {
  const rows = [COLUMNS, ...linesOf(audit).map((each) => COLUMNS.map((column) => each[column]))];
  return rows.map((cells) => `${cells.map(cell).join(',')}\r\n`).join('');
}

/** Marks a cell as text if a spreadsheet would evaluate it. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function linesOf({ spaces, applications, policies, observations, unseen, baseline }: OrganizationAudit): Line[] {
  const row = (kind: string, from: string, to: string, by: string, what: string, certain = 'yes'): Line => {
    return { kind, from, to, by, what, certain };
  };
  return [
    ...spaces.flatMap(({ id, running, staging }) =>
      [{ kind: 'direct', stage: running } as const, { kind: 'staging', stage: staging } as const].flatMap(
        ({ kind, stage: { groups, opens, unknown } }) => [
          ...opens.map((what) => row(kind, id, 'addresses', groups.join(' '), what)),
          ...unknown.map((what) => row(kind, id, 'addresses', groups.join(' '), what, 'no')),
        ],
      ),
    ),
    ...applications
      .filter(({ elsewhere }) => elsewhere === undefined)
      .flatMap(({ id, internet, proxies, mayForward, routes, internalRoutes, ssh }) => [
        row('internet', id, 'the internet', '', internet, internet === 'perhaps' ? 'no' : 'yes'),
        ...proxies.flatMap(({ proxy, reaches, perhaps }) => [
          ...reaches.map((what) => row('proxy', id, 'hosts', proxy, what)),
          ...perhaps.map((what) => row('proxy', id, 'hosts', proxy, what, 'no')),
        ]),
        ...mayForward.map((by) =>
          row('forward', id, 'whatever it reaches', by, 'it may fetch what clients request', 'no'),
        ),
        ...routes.map((what) => row('route', 'anyone', id, '', what)),
        ...internalRoutes.map((what) => row('internal route', 'applications', id, '', what)),
        ...(ssh === 'no' ? [] : [row('ssh', 'space developers', id, '', 'a shell', ssh)]),
      ]),
    ...policies.map(({ source, destination, protocol, ports }) =>
      row('policy', source, destination, '', `${protocol} ${ports}`),
    ),
    ...observations.map(({ kind, subject, message }) => row(`observation ${kind}`, subject, '', '', message)),
    ...unseen.map(({ kind, of, because }) => row(`not seen: ${kind}`, of.join(' '), '', '', because, 'no')),
    ...(['opens', 'unknown', 'closes'] as const).flatMap((verdict) =>
      (baseline?.[verdict] ?? []).map(({ who, what, via = '' }) =>
        row(`${verdict} since the baseline`, who.join(' '), '', via, what, verdict === 'unknown' ? 'no' : 'yes'),
      ),
    ),
  ];
}
