/** The measured part of squid/docs/speed.md, between two markers, generated from squid/docs/speed.json only. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatedPart, withGenerated, table } from '../../tools/markdown';
import { REPOSITORY } from '../../tools/platform';
import { barsOf, costsOf } from './bars';
import { chartOf } from './chart';
import { CADDY, SQUID } from './contestants';
import { describeRatio, ratioOf, type Results } from './results';
import { median } from '../times';

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
