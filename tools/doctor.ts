/** `npm run doctor`: what was found and what would be done. Exit code 1 when something can't be had. */
import { canBeHad, formatItem, takeInventory } from './inventory';
import { endWithFailure } from './progress';

async function main(): Promise<void> {
  const items = await takeInventory();
  for (const item of items) process.stdout.write(`${formatItem(item)}\n`);
  if (!items.every(canBeHad)) process.exitCode = 1;
}

main().catch(endWithFailure);
