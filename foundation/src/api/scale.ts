import { z } from 'zod';
import type { Scale } from '../cloud/records';

/** How many there are of something. */
export const count = z.number().int().min(0, 'must be greater than or equal to 0');

/** The fields that change a process's size. */
export const sizeFields = {
  memory_in_mb: count.min(1, 'must be greater than 0').nullish(),
  disk_in_mb: count.min(1, 'must be greater than 0').nullish(),
  log_rate_limit_in_bytes_per_second: z.number().int().min(-1).nullish(),
};

export const readSize = (given: z.output<z.ZodObject<typeof sizeFields>>): Omit<Scale, 'instances'> => ({
  memory: given.memory_in_mb ?? undefined,
  disk: given.disk_in_mb ?? undefined,
  logRateLimit: given.log_rate_limit_in_bytes_per_second ?? undefined,
});
