import { z } from 'zod';
import type { Scale } from '../cloud/records';

/** The platform takes a number that is written as a text for one. */
export const whole = (minimum: number, error?: string) =>
  z.preprocess(
    (given) => (typeof given === 'string' && /^[-+]?\d+$/.test(given) ? Number(given) : given),
    z.number().int().min(minimum, error),
  );

/** How many there are of something. */
export const count = whole(0, 'must be greater than or equal to 0');
export const positive = whole(1, 'must be greater than 0');
/** Of a check's times, in seconds. */
export const duration = whole(1, 'must be greater than or equal to 1');
/** -1: any number. */
export const logRate = whole(-1, 'must be greater than or equal to -1');

/** The fields that change a process's size. */
export const sizeFields = {
  memory_in_mb: positive.nullish(),
  disk_in_mb: positive.nullish(),
  log_rate_limit_in_bytes_per_second: logRate.nullish(),
};

export const readSize = (given: z.output<z.ZodObject<typeof sizeFields>>): Omit<Scale, 'instances'> => ({
  memory: given.memory_in_mb ?? undefined,
  disk: given.disk_in_mb ?? undefined,
  logRateLimit: given.log_rate_limit_in_bytes_per_second ?? undefined,
});
