import { z } from 'zod';

/** Messages for what the router does not support. */
export const ONLY_HTTP1 = "This foundation does not support HTTP/2 to applications: a destination's protocol is http1";
export const NO_OPTIONS =
  'This foundation does not support route options: its router sends requests to the instances of a route in turn';

/** `null` removes an option, and generated manifests have an empty object; neither sets one. */
const isEmpty = (given: unknown): boolean =>
  given === null || (typeof given === 'object' && Object.values(given).every((value) => value === null));

export const routeProtocol = z.literal('http1', ONLY_HTTP1).nullish();
export const routeOptions = z
  .unknown()
  .refine((given) => given === undefined || isEmpty(given), NO_OPTIONS)
  .optional();
