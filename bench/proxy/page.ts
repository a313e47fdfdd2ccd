/** The measured part of squid/docs/speed.md, between two markers, and its chart, from squid/docs/speed.json only. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatedPart, table, withGenerated } from '../../tools/markdown';
import { REPOSITORY } from '../../tools/platform';
import { median } from '../times';
import { barsOf, costsOf } from './bars';
import { CADDY, DIRECT, SMOKESCREEN, SQUID, TINYPROXY } from './contestants';
import { describeRatio, RATES, type Ratio, ratioOf, type Results } from './measures';

const DOCS = join(REPOSITORY, 'squid', 'docs');
export const PAGE = join(DOCS, 'speed.md');
export const RESULTS = join(DOCS, 'speed.json');
export const CHART = join(DOCS, 'speed.svg');

/** The text of the markers around it. */
export const PART = 'measured: npm run bench -- proxy';

const whole = (figure: number): string => Math.round(figure).toLocaleString('en');

/** The median of each contestant, and in the last column the ratio that matters most. */
function figuresTable(head: readonly string[], figures: Results['speed'], cells: (what: string) => string[]): string {
  const names = Object.keys(Object.values(figures)[0] ?? {});
  return table(
    [...head, ...names, `${SQUID} to ${CADDY}`],
    Object.entries(figures).map(([what, by = {}]) => [
      ...cells(what),
      ...names.map((name) => whole(median(by[name] ?? []))),
      describeRatio(ratioOf(by[SQUID] ?? [], by[CADDY] ?? [])),
    ]),
  );
}

const speedTable = ({ speed, units }: Results): string =>
  figuresTable(['median', 'unit'], speed, (measure) => [measure, units[measure] ?? '']);

const processorTable = ({ processor }: Results): string =>
  figuresTable(['µs of processor time'], processor, (what) => [what]);

const memoryTable = ({ memory, waves }: Results): string =>
  table(
    ['MiB', 'idle', 'with 1,000 tunnels', 'with as many of 10,000 as it opened', 'first wave of 2,000', 'tenth wave'],
    Object.entries(memory).map(([name, figures = []]) => [
      name,
      ...figures.map(({ tunnels, mebibytes }, index) =>
        index < 2 ? whole(mebibytes) : `${whole(mebibytes)} (${whole(tunnels)})`,
      ),
      ...[waves[name]?.[0], waves[name]?.at(-1)].map((figure) => whole(figure ?? NaN)),
    ]),
  );

function listTable({ lists }: Results): string {
  const entries = Object.keys(Object.values(lists)[0] ?? {});
  return table(
    ['entries', ...Object.keys(lists).flatMap((name) => [`${name}: start, ms`, 'requests a second'])],
    entries.map((count) => [
      whole(Number(count)),
      ...Object.values(lists).flatMap((by = {}) => {
        const figures = by[count] ?? [];
        return [figures.map(({ startMs }) => startMs), figures.map(({ perSecond }) => perSecond)].map((all) =>
          whole(median(all)),
        );
      }),
    ]),
  );
}

/** Each table answers a question. */
export const measuredPart = (results: Results): string =>
  [
    `${results.date}, squid ${results.squid}, ${results.rounds} rounds. ${results.machine}`,
    '## Are the bars met?',
    table(
      ['bar', 'least or most', 'seen: median (min to max)', 'met'],
      barsOf(results).map(({ what, bar, seen, met }) => [what, bar, seen, met ? 'yes' : '**no**']),
    ),
    '## What do credentials and the check of the TLS name cost?',
    table(['ratio', 'median (min to max)'], costsOf(results)),
    '## How fast is it?',
    speedTable(results),
    '## How much processor time does it take?',
    processorTable(results),
    '## How much memory does it take?',
    memoryTable(results),
    '## What does a long list cost?',
    listTable(results),
  ].join('\n\n');

/** JSON with one line for each measure: the objects of this depth are each on one line. */
const LINES_DEPTH = 2;

export function recorded(value: unknown, depth = 0): string {
  if (depth === LINES_DEPTH || typeof value !== 'object' || value === null) return JSON.stringify(value);
  const indent = ' '.repeat(depth);
  const lines = Object.entries(value).map(([key, one]) => `${indent} "${key}": ${recorded(one, depth + 1)}`);
  return `{\n${lines.join(',\n')}\n${indent}}`;
}

export function publish(results: Results): void {
  writeFileSync(RESULTS, `${recorded(results)}\n`);
  writeFileSync(CHART, chartOf(results));
  writeFileSync(PAGE, withGenerated(readFileSync(PAGE, 'utf8'), PART, measuredPart(results)));
}

/** The part of the page that shows what was measured. */
export const publishedPart = (): string => generatedPart(readFileSync(PAGE, 'utf8'), PART);

const PEERS = [
  { name: CADDY, class: 'a' },
  { name: TINYPROXY, class: 'b' },
  { name: DIRECT, class: 'c' },
  { name: SMOKESCREEN, class: 'd' },
] as const;

const WIDTH = 760;
const LEFT = 250;
const RIGHT = 30;
const TOP = 56;
const ROW = 54;
const MARK = 12;
const TICKS = [0.1, 0.2, 0.5, 1, 2, 5, 10];
const [LEAST = 0, MOST = 0] = [TICKS[0], TICKS.at(-1)];

/** A ratio and its inverse are equally far from 1. Ratios beyond the ends of the axis are drawn at its ends. */
function xOf(ratio: number): number {
  const within = Math.min(Math.max(ratio, LEAST), MOST);
  const share = Math.log(within / LEAST) / Math.log(MOST / LEAST);
  return Math.round((LEFT + share * (WIDTH - LEFT - RIGHT)) * 10) / 10;
}

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .small { font-size: 11px; fill: #59636e }
  .grid { stroke: #d1d9e0 } .one { stroke: #59636e }
  .a { fill: #0969da; stroke: #0969da } .b { fill: #bc4c00; stroke: #bc4c00 } .c { fill: #8250df; stroke: #8250df }
  .d { fill: #1a7f37; stroke: #1a7f37 }
  text.a, text.b, text.c, text.d { stroke: none }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc } .small { fill: #9198a1 } .grid { stroke: #3d444d } .one { stroke: #9198a1 }
    .a { fill: #4493f8; stroke: #4493f8 } .b { fill: #f0883e; stroke: #f0883e } .c { fill: #ab7df8; stroke: #ab7df8 }
    .d { fill: #3fb950; stroke: #3fb950 }
  }`;

function mark(ratio: Ratio, y: number, peer: string): string {
  const line = `<line class="${peer}" x1="${xOf(ratio.min)}" x2="${xOf(ratio.max)}" y1="${y}" y2="${y}" stroke-width="2"/>`;
  return `${line}<circle class="${peer}" cx="${xOf(ratio.median)}" cy="${y}" r="4.5"/>`;
}

export function chartOf({ speed, rounds, date }: Results): string {
  const height = TOP + RATES.length * ROW + 34;
  const bottom = height - 34;
  const grid = TICKS.map((tick) => {
    const x = xOf(tick);
    const line = `<line class="${tick === 1 ? 'one' : 'grid'}" x1="${x}" x2="${x}" y1="${TOP}" y2="${bottom}"/>`;
    return `${line}<text class="small" x="${x}" y="${bottom + 16}" text-anchor="middle">${tick}×</text>`;
  });
  const legend = PEERS.map(
    (peer, index) =>
      `<circle class="${peer.class}" cx="${LEFT + 8 + index * 130}" cy="38" r="4.5"/>` +
      `<text class="${peer.class}" x="${LEFT + 18 + index * 130}" y="42">of ${peer.name}</text>`,
  );
  const rows = RATES.map((name, index) => {
    const y = TOP + index * ROW + ROW / 2;
    const marks = PEERS.map((peer, place) => {
      const ratio = ratioOf(speed[name]?.[SQUID] ?? [], speed[name]?.[peer.name] ?? []);
      return mark(ratio, y + (place - (PEERS.length - 1) / 2) * MARK, peer.class);
    });
    return `<text x="${LEFT - 12}" y="${y + 4}" text-anchor="end">${name}</text>${marks.join('')}`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title">`,
    `<title id="title">This proxy's speed as a multiple of others'</title><style>${STYLE}</style>`,
    `<text x="${LEFT}" y="20">This proxy's speed, TLS names checked (right is faster)</text>`,
    ...[...legend, ...grid, ...rows],
    `<text class="small" x="8" y="${height - 4}">${date}, median and range of ${rounds} rounds</text>`,
    '</svg>',
    '',
  ].join('\n');
}
