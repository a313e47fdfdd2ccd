import type { OrganizationAudit } from './document';

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
