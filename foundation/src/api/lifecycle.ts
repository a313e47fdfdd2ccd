import { z } from 'zod';
import { DEFAULT_STACK } from '../cloud/buildpacks';
import type { Lifecycle } from '../cloud/records';

export const lifecycle = z.discriminatedUnion(
  'type',
  [
    z.strictObject({ type: z.literal('docker'), data: z.strictObject({}).optional() }),
    z.strictObject({
      type: z.literal('buildpack'),
      data: z.strictObject({ buildpacks: z.array(z.string()).nullish(), stack: z.string().nullish() }).optional(),
    }),
  ],
  { error: 'is not included in the list: buildpack, docker' },
);

export const readLifecycle = (given: z.output<typeof lifecycle>): Lifecycle =>
  given.type === 'docker'
    ? { type: 'docker' }
    : { type: 'buildpack', buildpacks: given.data?.buildpacks ?? [], stack: given.data?.stack ?? DEFAULT_STACK };

export const presentLifecycle = (shown: Lifecycle) =>
  shown.type === 'docker'
    ? { type: 'docker', data: {} }
    : { type: 'buildpack', data: { buildpacks: shown.buildpacks, stack: shown.stack } };
