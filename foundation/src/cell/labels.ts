import { createHash } from 'node:crypto';
import type { InstanceSpec } from './cell';

export const LABEL = {
  foundation: 'space-egress.foundation',
  role: 'space-egress.role',
  instance: 'space-egress.instance',
  /** The application's name, for people who look at the engine's list. */
  app: 'space-egress.app',
  /** What an instance was started from; one that differs is not adopted. */
  spec: 'space-egress.spec',
} as const;

export type InstanceRole = 'holder' | 'app' | 'staging';

/** Grows when the containers of an instance are made in another way: those of an older foundation are then not adopted. */
const GENERATION = 2;

export function specHash(spec: InstanceSpec): string {
  return createHash('sha256').update(canonical({ GENERATION, spec })).digest('hex');
}

/** JSON that does not depend on the order in which an object's keys were written. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    item !== null && typeof item === 'object' && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}
