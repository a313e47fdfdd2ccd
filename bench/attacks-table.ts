/** The tables of squid/docs/attacks.md: one row for each attempt, and one column for each proxy. */
import { table } from '../tools/markdown-table';
import { generatedPart } from '../tools/generated-part';
import { type Attempt, GROUPS, gotThrough } from '../__tests__/squid/attempts';

/** The results of all attempts against one proxy. */
export interface Answers {
  readonly name: string;
  readonly outcomes: ReadonlyMap<Attempt, string>;
}

/** The text of the markers around the tables. */
export const PART = 'attempts: npm run bench:attacks';

export const countThrough = (outcomes: Answers['outcomes']): number =>
  [...outcomes].filter(([attempt, outcome]) => gotThrough(attempt, outcome)).length;

/** The text in a cell of a Markdown table. */
const cell = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll('<', '&lt;');

/** Bold if the attempt got through. */
function describe(attempt: Attempt, outcome: string | undefined): string {
  if (outcome === undefined) return '';
  return gotThrough(attempt, outcome) ? `**${cell(outcome)}**` : cell(outcome.replace(/ ERR_\w+/g, ''));
}

export function securityTable(answers: readonly Answers[]): string {
  const names = answers.map(({ name }) => name);
  const counts = answers.map(({ outcomes }) => `${countThrough(outcomes)}`);
  const groups = GROUPS.map(({ title, attempts }) =>
    [
      `### ${title}`,
      '',
      table(
        ['attempt', ...names],
        attempts.map((attempt) => [
          cell(attempt.what),
          ...answers.map(({ outcomes }) => describe(attempt, outcomes.get(attempt))),
        ]),
      ),
      '',
    ].join('\n'),
  );
  const total = GROUPS.flatMap(({ attempts }) => attempts).filter(({ through }) => through !== undefined).length;
  const summary = table([`of ${total} attempts`, ...names], [['get through', ...counts]]);
  return [`${summary}\n`, ...groups].join('\n');
}

/** The rows in a page's tables, with their groups: the results of the last `npm run bench:attacks`. */
export function rowsOf(page: string): { readonly title: string; readonly what: string; readonly cells: string[] }[] {
  let title = '';
  return generatedPart(page, PART)
    .split('\n')
    .flatMap((line) => {
      title = /^### (.*)/.exec(line)?.[1] ?? title;
      const [what, ...cells] = line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((text) => text.trim());
      const isRow = title !== '' && what !== undefined && !['attempt', '---'].includes(what.replace(/-+/, '---'));
      return isRow ? [{ title, what, cells }] : [];
    });
}

/** An attempt's name in the table. */
export const rowNameOf = ({ what }: Attempt): string => cell(what);
