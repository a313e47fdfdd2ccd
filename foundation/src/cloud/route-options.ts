import { z } from 'zod';

/** What the router does not do, in one sentence each. */
export const ONLY_HTTP1 =
  'HTTP/2 to applications is not offered by this foundation: the protocol of a destination is http1';
export const NO_OPTIONS =
  'Route options are not offered by this foundation: its router asks the instances of a route in turn';

/** Of an option that is `null` there is nothing to take away, and none at all is what a generated manifest has. */
const isEmpty = (given: unknown): boolean =>
  given === null || (typeof given === 'object' && Object.values(given).every((value) => value === null));

export const routeProtocol = z.literal('http1', ONLY_HTTP1).nullish();
export const routeOptions = z
  .unknown()
  .refine((given) => given === undefined || isEmpty(given), NO_OPTIONS)
  .optional();
