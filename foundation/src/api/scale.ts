import { z } from 'zod';
import type { Scale } from '../cloud/records';

/** A whole number; like the platform, accepts one that is written as a string. */
export const whole = (minimum: number, error?: string) =>
  z.preprocess(
    (given) => (typeof given === 'string' && /^[-+]?\d+$/.test(given) ? Number(given) : given),
    z.number().int().min(minimum, error),
  );

export const count = whole(0, 'must be greater than or equal to 0');
export const positive = whole(1, 'must be greater than 0');
/** A health check's interval or timeout, in seconds. */
export const duration = whole(1, 'must be greater than or equal to 1');
/** -1 means no limit. */
export const logRate = whole(-1, 'must be greater than or equal to -1');

/** The fields that scale a process. */
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
