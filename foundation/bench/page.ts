import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeMachine } from '../../bench/benchmark';
import { type Chart, lineChart } from '../../bench/chart';
import { median } from '../../bench/times';
import { withGenerated } from '../../tools/markdown';
import { REPOSITORY } from '../../tools/platform';
import type { Place } from './place';

const DOCS = join(REPOSITORY, 'foundation', 'docs');
const PAGE = join(DOCS, 'speed.md');

/**
 * Writes a benchmark's part of foundation/docs/speed.md, between two markers, with its chart if it has one.
 *
 * @param benchmark its name, `foundation-...`
 */
export function publish(benchmark: string, text: string, chart?: Chart): void {
  const picture = `${benchmark.replace('foundation-', '')}.svg`;
  if (chart) writeFileSync(join(DOCS, picture), lineChart(chart));
  const date = new Date().toISOString().slice(0, 10);
  const part = [`${date}. ${describeMachine()}`, text, ...(chart ? [`![${chart.title}](${picture})`] : [])].join(
    '\n\n',
  );
  const page = readFileSync(PAGE, 'utf8');
  writeFileSync(PAGE, withGenerated(page, `measured: npm run bench -- ${benchmark}`, part));
}

/** The median, with minimum and maximum. */
export function spread(values: readonly number[], digits: number): string {
  const [middle, least, most] = [median(values), Math.min(...values), Math.max(...values)];
  return `${middle.toFixed(digits)} (${least.toFixed(digits)} to ${most.toFixed(digits)})`;
}

/** Memory of the foundation's own containers, in total and each, in MiB. */
export async function describeMemory(place: Place): Promise<string> {
  const figures = await Promise.all(
    ['foundation', 'registry', 'internet'].map(async (role) => ({ role, used: (await place.memory(role))[0] ?? NaN })),
  );
  const sum = figures.reduce((total, { used }) => total + used, 0);
  return `${sum.toFixed(0)}: ${figures.map(({ role, used }) => `${role} ${used.toFixed(0)}`).join(', ')}`;
}
