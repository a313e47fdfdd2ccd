import { median } from '../../bench/times';
import type { Place } from './place';

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
