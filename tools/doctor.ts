/** `npm run doctor`: what was found and what would be done. Exit code 1 when something can't be had. */
import { refuseArguments } from './arguments';
import { canBeHad, formatItem, takeInventory } from './inventory';
import { endWithFailure } from './progress';

async function main(args: readonly string[]): Promise<void> {
  refuseArguments('npm run doctor', args, 'it only looks; npm start makes what is missing');
  const items = await takeInventory();
  for (const item of items) process.stdout.write(`${formatItem(item)}\n`);
  if (!items.every(canBeHad)) process.exitCode = 1;
}

main(process.argv.slice(2)).catch(endWithFailure);
