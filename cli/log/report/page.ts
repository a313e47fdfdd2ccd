import { framed, head, type Html, list, markup, sorted, table, TABLE_SCRIPT } from '../../../review/page';
import { MOST_BARS, MOST_ROWS_ON_PAGE } from '../../limits';
import { type Counts, type DayCounts, type Row, type Traffic, VERDICTS } from '../traffic';
import { type Bar, bytes, stackedBars, whole } from './charts';

export interface Reported {
  readonly traffic: Traffic;
  /** The application that the log belongs to, if known. */
  readonly of?: string;
  readonly at: Date;
  readonly known?: Known;
  /** Ignored lines, each kind with the reason. */
  readonly doubts: readonly string[];
}

const DAY_MS = 86_400_000;
const VOLUME = [
  { name: 'out, from clients', look: 'out' },
  { name: 'in, to clients', look: 'in' },
] as const;

const SCRIPT = `'use strict';
(() => {${TABLE_SCRIPT}
  sortAndFilter($('asked'), $('verdict'), 'verdict', 'rows');
})();
`;

/** A report of the requests to the proxy, as one file for a browser, which can be the baseline of the next report. */
export function trafficPage(reported: Reported): string {
  const { traffic, of, at, known, doubts } = reported;
  const rows = traffic.rows();
  const { days } = traffic;
  const [first, last] = [days[0]?.[0], days.at(-1)?.[0]];
  const span = first === undefined || last === undefined ? 'no request' : `${first} to ${last}, by UTC`;
  return framed({
    title: of === undefined ? 'Requests to the proxy' : `Requests to ${of}`,
    style: STYLE,
    about: markup`Made at <time datetime="${at.toISOString()}">${at.toISOString()}</time>: ${span}.`,
    main: markup`<ul class="counts" aria-label="Requests by outcome">
        ${VERDICTS.map((verdict) => markup`<li class="${verdict}"><strong>${whole(total(days, verdict))}</strong> ${verdict}</li>`)}
        <li><strong>${bytes(total(days, 'received'))}</strong> out, from clients</li>
        <li><strong>${bytes(total(days, 'sent'))}</strong> in, to clients</li>
      </ul>
      ${notices(reported, rows.length)} ${since(rows, known)}
      ${days.length === 0 ? markup`<p>There is no request in this log.</p>` : charts(days)}
      <h2 id="asked-title">Requests by client and host</h2>
      <form id="filters" class="js-only">
        <label>Filter by any word <input id="filter" type="search" autocomplete="off" /></label>
        <label
          >Outcome
          <select id="verdict">
            <option value="">all</option>
            ${VERDICTS.map((verdict) => markup`<option>${verdict}</option>`)}
          </select></label
        >
        <span id="shown" role="status"></span>
      </form>
      ${asked(rows)}
      ${byDay('clients', 'Client', traffic.clientDays)} ${byDay('hosts', 'Host', traffic.hostDays)}
      <h2 id="days-title">Days</h2>
      ${table(
        'days',
        ['Day', ...VERDICTS.map(capital), 'Out', 'In'].map(head),
        days.map(([day, counts]) => markup`<tr><th scope="row">${day}</th>${numbers(counts)}</tr> `),
      )}`,
    data: handover(traffic, at, known),
    script: SCRIPT,
  });

  function notices({ traffic: { unlisted } }: Reported, listed: number): Html {
    const missing = unlisted.passed + unlisted.stopped;
    const texts = [
      ...(missing === 0
        ? []
        : [
            `The log has more hosts than this page lists: ${whole(unlisted.passed)} requests that were allowed, and ` +
              `${whole(unlisted.stopped)} that were not, are counted only by day and client.`,
          ]),
      ...(listed > MOST_ROWS_ON_PAGE
        ? [
            `The table shows ${whole(MOST_ROWS_ON_PAGE)} rows of ${whole(listed)}; space-egress log --json has all of them.`,
          ]
        : []),
      ...doubts.map((doubt) => `${capital(doubt)}.`),
    ];
    return texts.length === 0
      ? markup``
      : markup`<section class="notice" aria-labelledby="missing"><h2 id="missing">Not shown</h2>${list(texts)}</section>`;
  }
}

function since(rows: readonly Row[], known: Known | undefined): Html {
  if (known === undefined) return markup``;
  const found = fresh(rows, known);
  const part = (title: string, some: readonly Row[]): Html =>
    some.length === 0
      ? markup``
      : markup`<h3>${title}: ${some.length}</h3>
          ${list(some.slice(0, MOST_ROWS_ON_PAGE).map(({ client, host, port, verdict, rule, requests }) => `${host}:${port}, by ${client}: ${verdict === 'allowed' ? verdict : `${verdict} (${rule})`}, ${whole(requests)} requests`))}`;
  return markup`<h2 id="new">New since ${known.at}</h2>
    ${found.length === 0 ? markup`<p>No host is new.</p>` : markup``}${part('Let through', found.filter(passes))}${part(
      'Not let through',
      found.filter((row) => !passes(row)),
    )}`;
}

function charts(days: readonly (readonly [string, Counts])[]): Html {
  const shown = filled(days).slice(-MOST_BARS);
  const bars = (of: (counts: Counts | undefined) => number[]): Bar[] =>
    shown.map(([label, counts]) => ({ label, values: of(counts) }));
  return markup`<h2>Requests by day</h2>
    ${stackedBars(
      'Requests by day and outcome.',
      VERDICTS.map((verdict) => ({ name: verdict, look: verdict })),
      bars((counts) => VERDICTS.map((verdict) => counts?.[verdict] ?? 0)),
      'requests',
    )}
    <h2>Bytes by day</h2>
    ${stackedBars(
      'Bytes by day, from clients and to them.',
      VOLUME,
      bars((counts) => [counts?.received ?? 0, counts?.sent ?? 0]),
      'bytes',
    )}`;
}

/** Includes the days without requests. */
function filled(days: readonly (readonly [string, Counts])[]): (readonly [string, Counts | undefined])[] {
  const known = new Map(days);
  const times = days.map(([day]) => Date.parse(day)).filter((time) => !Number.isNaN(time));
  const [first = 0, last = -1] = [times[0], times.at(-1)];
  const from = Math.max(first, last - (MOST_BARS - 1) * DAY_MS);
  return Array.from({ length: Math.floor((last - from) / DAY_MS) + 1 }, (_, index) => {
    const day = new Date(from + index * DAY_MS).toISOString().slice(0, 10);
    return [day, known.get(day)] as const;
  });
}

function asked(rows: readonly Row[]): Html {
  const heads = ['Host', 'Client', 'Outcome', 'Requests', 'Out', 'In', 'First', 'Last'].map(sorted);
  const row = ({ client, host, port, verdict, rule, tls, requests, received, sent, first, last }: Row): Html =>
    markup`<tr data-verdict="${verdict}">
      <th scope="row">${host}:${port}</th>
      <td>${client}</td>
      <td>
        <span class="badge ${verdict}">${verdict}</span>
        ${verdict === 'allowed' ? '' : rule}${tls.length === 0 || tls.includes(host) ? '' : `, TLS for ${tls.join(', ')}`}
      </td>
      <td class="number" data-value="${requests}">${whole(requests)}</td>
      <td class="number" data-value="${received}">${bytes(received)}</td>
      <td class="number" data-value="${sent}">${bytes(sent)}</td>
      <td>${minute(first)}</td>
      <td>${minute(last)}</td>
    </tr> `;
  return table('asked', heads, rows.slice(0, MOST_ROWS_ON_PAGE).map(row));
}

function byDay(id: string, of: string, days: readonly DayCounts[]): Html {
  const left = days.length - MOST_ROWS_ON_PAGE;
  return markup`<h2 id="${id}-title">${of}s by day</h2>
    ${left > 0 ? markup`<p>The latest ${whole(MOST_ROWS_ON_PAGE)} rows of ${whole(days.length)}.</p>` : markup``}
    ${table(
      id,
      ['Day', of, ...VERDICTS.map(capital), 'Out', 'In'].map(head),
      days
        .slice(-MOST_ROWS_ON_PAGE)
        .map(([day, name, counts]) => markup`<tr><td>${day}</td><th scope="row">${name}</th>${numbers(counts)}</tr> `),
    )}`;
}

function numbers(counts: Counts): Html {
  return markup`${VERDICTS.map((verdict) => markup`<td class="number">${whole(counts[verdict])}</td>`)}
    <td class="number">${bytes(counts.received)}</td>
    <td class="number">${bytes(counts.sent)}</td>`;
}

function total(days: readonly (readonly [string, Counts])[], what: keyof Counts): number {
  return days.reduce((sum, [, counts]) => sum + counts[what], 0);
}

const minute = (time: string): string => time.slice(0, 16).replace('T', ' ');
const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

export const STYLE = `
figure { margin: .5rem 0 1.5rem; }
figure svg { display: block; width: 100%; max-width: 70rem; height: auto; }
.grid { stroke: var(--line); fill: none; }
.key { margin-right: 1rem; white-space: nowrap; }
.key::before { content: ""; display: inline-block; width: .9em; height: .9em; margin-right: .4em; vertical-align: -.1em; border: 1px solid #565c65; background: #565c65; }
rect.allowed, rect.in { fill: #4d8055; } rect.audited { fill: #e0a30f; } rect.refused, rect.out { fill: #b50909; } rect.failed { fill: #71767a; }
rect.in { fill: #73b3e7; } rect.out { fill: #00406f; }
.key.allowed::before { background: #4d8055; } .key.audited::before { background: #e0a30f; } .key.refused::before { background: #b50909; } .key.failed::before { background: #71767a; }
.key.in::before { background: #73b3e7; } .key.out::before { background: #00406f; }
.counts .allowed { border-left-color: #4d8055; } .counts .audited { border-left-color: #e0a30f; } .counts .refused { border-left-color: #b50909; } .counts .failed { border-left-color: #71767a; }
.badge.allowed { background: #ecf3ec; color: #2a4a30; } .badge.audited { background: #fef0cd; color: #5c410a; border-style: dashed; }
.badge.refused { background: #fdeceb; color: #8b0a03; } .badge.failed { background: #f0f1f3; color: #3d4551; }
.number { text-align: right; white-space: nowrap; }
.new { font-weight: 700; }
`;

/** Increases with every change of the format that isn't an addition. */
const VERSION = 1;
const KIND = 'traffic';
/** The most names of either kind that a report passes on to the next one. */
const MOST_KNOWN = 50_000;

/** The HOST:PORT pairs that earlier reports contain; those let through are separate from those that weren't. */
export interface Known {
  readonly at: string;
  readonly passed: readonly string[];
  readonly stopped: readonly string[];
}

interface Handover extends Known {
  readonly version: typeof VERSION;
  readonly kind: typeof KIND;
}

const nameOf = ({ host, port }: Row): string => `${host}:${port}`;
export const passes = ({ verdict }: Pick<Row, 'verdict'>): boolean => verdict === 'allowed' || verdict === 'audited';

/** Rows whose host is new in this outcome: a host that was always refused and is now let through is new. */
export function fresh(rows: readonly Row[], { passed, stopped }: Known): Row[] {
  const through = new Set(passed);
  const any = new Set([...passed, ...stopped]);
  return rows.filter((row) => !(passes(row) ? through : any).has(nameOf(row)));
}

export function handover(traffic: Traffic, at: Date, known?: Known): Handover {
  const rows = traffic.rows();
  const all = (before: readonly string[] = [], more: readonly Row[]): string[] =>
    [...new Set([...before, ...more.map(nameOf)])].slice(0, MOST_KNOWN);
  return {
    version: VERSION,
    kind: KIND,
    at: at.toISOString(),
    passed: all(known?.passed, rows.filter(passes)),
    stopped: all(
      known?.stopped,
      rows.filter((row) => !passes(row)),
    ),
  };
}

/** @throws for a page that isn't a report */
export function readKnown(page: string): Known {
  const [, json = ''] = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page) ?? [];
  const read = parse(json);
  const texts = (value: unknown): value is string[] =>
    Array.isArray(value) && value.every((each) => typeof each === 'string');
  const { version, kind, at, passed, stopped } = (read ?? {}) as Record<string, unknown>;
  if (kind !== KIND || typeof at !== 'string' || !texts(passed) || !texts(stopped)) {
    throw new Error('it is not a report of this command: give one that log --report has written');
  }
  if (version !== VERSION) throw new Error(`it has version ${String(version)}, not ${VERSION}: create it again`);
  return { at, passed, stopped };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
