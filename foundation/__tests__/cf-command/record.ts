/** Generates the table of `foundation/docs/cf-commands.md` by running the real client. */
import { readFileSync, writeFileSync } from 'node:fs';
import { withGenerated } from '../../../tools/markdown';
import { findCf } from '../../testing/cf';
import { listCommands, PAGE, RECORD, tableOf, walk } from './walk';

const record = async (): Promise<void> => {
  const program = findCf();
  if (program === undefined) throw new Error('no cf command: name it in CF_CLI');
  const text = tableOf(await listCommands(program), await walk(program));
  writeFileSync(PAGE, withGenerated(readFileSync(PAGE, 'utf8'), RECORD, text));
};

void record();
