import { createHash } from 'node:crypto';
import type { InstanceSpec } from './cell';

export const LABEL = {
  foundation: 'space-egress.foundation',
  role: 'space-egress.role',
  instance: 'space-egress.instance',
  /** The application's name, for people who list containers. */
  app: 'space-egress.app',
  /** The hash of the specification that an instance was started from; it is adopted only if it is the same. */
  spec: 'space-egress.spec',
} as const;

export type InstanceRole = 'holder' | 'app' | 'staging';

/** Increased when instances' containers change, so those of an older foundation are not adopted. */
const GENERATION = 2;

export function specHash(spec: InstanceSpec): string {
  return createHash('sha256').update(canonical({ GENERATION, spec })).digest('hex');
}

/** JSON with sorted keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    item !== null && typeof item === 'object' && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}
