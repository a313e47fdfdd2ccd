/** Requests that the platform allows to admins and this foundation to nobody: admins get the reason, others a 403. */
import { INSTALLED } from '../cloud/buildpacks';
import { unprocessable } from '../cloud/errors';
import { del, patch, post, type Call, type Endpoint } from './endpoint';

const refuse =
  (text: string) =>
  (call: Call): never => {
    call.access.require(call.needs);
    throw unprocessable(text);
  };

const BUILDPACKS = refuse(
  `The buildpacks of this foundation are built in (${INSTALLED.join(', ')}): you can't add, change, or remove one`,
);
const VARIABLES = refuse('This foundation has no environment variable groups: set the variables on each application');
const FLAGS = refuse("The feature flags of this foundation are fixed: you can't change one");
const STACKS = refuse("The stack of this foundation is built in: you can't add, change, or remove one");

export const notOffered = (): readonly Endpoint[] => [
  post('/v3/buildpacks', 'platform:write', BUILDPACKS),
  post('/v3/buildpacks/:guid/upload', 'platform:write', BUILDPACKS),
  patch('/v3/buildpacks/:guid', 'platform:write', BUILDPACKS),
  del('/v3/buildpacks/:guid', 'platform:write', BUILDPACKS),
  post('/v3/stacks', 'platform:write', STACKS),
  patch('/v3/stacks/:guid', 'platform:write', STACKS),
  del('/v3/stacks/:guid', 'platform:write', STACKS),
  patch('/v3/environment_variable_groups/:name', 'platform:write', VARIABLES),
  patch('/v3/feature_flags/:name', 'platform:write', FLAGS),
];
