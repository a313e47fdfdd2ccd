import { unprocessable } from './errors';
import type { Lifecycle } from './records';

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
