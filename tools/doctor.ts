/** `npm run doctor`: what was found and what would be done. Exits with 1 if something can't be provided. */
import { refuseArguments } from './arguments';
import { enter } from './entry';
import { canBeHad, formatItem, takeInventory } from './inventory';

const HELP = `usage: npm run doctor

Shows which requirements of a foundation this machine has, and what npm start
would install. Changes nothing. Exit code 1: something can't be provided.`;

async function main(args: readonly string[]): Promise<void> {
  refuseArguments('npm run doctor', args, 'it only looks; npm start installs what is missing');
  const items = await takeInventory();
  for (const item of items) process.stdout.write(`${formatItem(item)}\n`);
  if (!items.every(canBeHad)) process.exitCode = 1;
}

enter(HELP, main);
