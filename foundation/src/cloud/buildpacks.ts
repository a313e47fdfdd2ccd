import { unprocessable } from './errors';
import type { Lifecycle } from './records';
import { z } from 'zod';

/** The installed buildpacks, in order. As on most foundations, the apt buildpack is not among them. */
export const INSTALLED = ['staticfile_buildpack', 'nodejs_buildpack', 'python_buildpack', 'binary_buildpack'] as const;

const REPOSITORY = /^(?:(?:https?|git|ssh):\/\/|git@[^\s:]+:)\S+$/;

export const DEFAULT_STACK = 'cflinuxfs4';

/** @see https://docs.cloudfoundry.org/buildpacks/custom.html#deploying */
export const requireBuildpacks = (lifecycle: Lifecycle): void => {
  if (lifecycle.type === 'buildpack' && lifecycle.stack !== DEFAULT_STACK) {
    throw unprocessable('Stack must be an existing stack');
  }
  const wanted = lifecycle.type === 'buildpack' ? lifecycle.buildpacks : [];
  const unknown = wanted.find((name) => !(INSTALLED as readonly string[]).includes(name) && !REPOSITORY.test(name));
  if (unknown !== undefined) {
    throw unprocessable(`Buildpack "${unknown}" must be an existing admin buildpack or a valid git URI`);
  }
};

const given = z.discriminatedUnion(
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

export const lifecycle = given.transform((read): Lifecycle =>
  read.type === 'docker'
    ? { type: 'docker' }
    : { type: 'buildpack', buildpacks: read.data?.buildpacks ?? [], stack: read.data?.stack ?? DEFAULT_STACK },
);

export const presentLifecycle = (shown: Lifecycle) =>
  shown.type === 'docker'
    ? { type: 'docker', data: {} }
    : { type: 'buildpack', data: { buildpacks: shown.buildpacks, stack: shown.stack } };
