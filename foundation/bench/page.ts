/** Writes each benchmark's part of foundation/docs/speed.md, between two markers, with its chart if it has one. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withGenerated } from '../../tools/generated-part';
import { REPOSITORY } from '../../tools/platform';
import { type Chart, lineChart } from '../../bench/chart';
import { describeMachine } from '../../bench/benchmark';

const DOCS = join(REPOSITORY, 'foundation', 'docs');
const PAGE = join(DOCS, 'speed.md');

/** @param benchmark the benchmark's name, `foundation-...` */
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
