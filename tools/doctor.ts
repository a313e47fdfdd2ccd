/** `npm run doctor`: what was found and what would be done. Exit code 1 when something can't be had. */
import { refuseArguments } from './arguments';
import { enter } from './entry';
import { canBeHad, formatItem, takeInventory } from './inventory';

const HELP = `usage: npm run doctor

Tells what this machine has of what a foundation needs, and what npm start would
make. Changes nothing. Ends with 1 when something can't be had.`;

async function main(args: readonly string[]): Promise<void> {
  refuseArguments('npm run doctor', args, 'it only looks; npm start makes what is missing');
  const items = await takeInventory();
  for (const item of items) process.stdout.write(`${formatItem(item)}\n`);
  if (!items.every(canBeHad)) process.exitCode = 1;
}

enter(HELP, main);
