import { z } from 'zod';
import { unparsable, unprocessable } from '../cloud/errors';
import type { Scale } from '../cloud/records';

const capitalize = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The field's name in the platform's messages: `Health check timeout` for `health_check.data.timeout`. */
const fieldOf = (path: readonly PropertyKey[]): string =>
  capitalize(
    path
      .filter((part) => part !== 'data')
      .map((part) => (typeof part === 'number' ? `[${part}]` : ` ${String(part).replaceAll('_', ' ')}`))
      .join('')
      .trim(),
  );

const describe = (issue: z.core.$ZodIssue): string => {
  const field = fieldOf(issue.path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return `Unknown field(s): ${issue.keys.map((key) => `'${key}'`).join(', ')}`;
    case 'invalid_type':
      return issue.input === undefined ? `${field} can't be blank` : `${field} must be a ${issue.expected}`;
    case 'invalid_value':
      return issue.message.startsWith('Invalid ')
        ? `${field} must be one of: ${issue.values.map((value) => `'${String(value)}'`).join(', ')}`
        : issue.message;
    case 'custom':
      return issue.message;
    default:
      return `${field} ${issue.message.charAt(0).toLowerCase()}${issue.message.slice(1)}`.trim();
  }
};

export const readJson = (text: string): unknown => {
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    throw unparsable('Request invalid due to parse error: invalid request body');
  }
};

/** Parses a body, and reports everything that is wrong with it in one error. */
export const parseBody = <T>(schema: z.ZodType<T>, text: string): T => {
  const parsed = schema.safeParse(readJson(text), { reportInput: true });
  if (!parsed.success) throw unprocessable(parsed.error.issues.map(describe).join(', '));
  return parsed.data;
};

export const name = z
  .string()
  .trim()
  .min(1, "can't be blank")
  .max(255, 'is too long (maximum is 255 characters)')
  .regex(/^\P{C}*$/u, 'must not contain escaped characters');

/** `{"data": {"guid": ...}}` */
export const one = z.strictObject({ data: z.strictObject({ guid: z.string() }) });
export const many = z.strictObject({ data: z.array(z.strictObject({ guid: z.string() })) });
export const optionalOne = z.strictObject({ data: z.strictObject({ guid: z.string().nullable() }).nullable() });

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
