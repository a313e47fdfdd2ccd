import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DESTINATION_SETS } from '../constructs/values/host-sets';
import { withGenerated, table } from './markdown';
import { REPOSITORY } from './platform';

export const COMMAND = 'npm run docs:tables';

/** Pages with a table that is generated from the code. */
export const PAGES: Readonly<Record<string, () => string>> = {
  'proxy.md': () =>
    table(
      ['set', 'what', 'hosts', 'source'],
      Object.entries(DESTINATION_SETS).map(([name, { what, lines, source, asOf }]) => [
        `\`DestinationSets.${name}()\``,
        what,
        lines.map((line) => `\`${line}\``).join(' '),
        `[as of ${asOf}](${source})`,
      ]),
    ),
};

export const pathOf = (page: string): string => join(REPOSITORY, 'docs', page);

/** The up-to-date content of the page. */
export const written = (page: string): string =>
  withGenerated(readFileSync(pathOf(page), 'utf8'), COMMAND, PAGES[page]?.() ?? '');

if (require.main === module) {
  for (const page of Object.keys(PAGES)) writeFileSync(pathOf(page), written(page));
}
