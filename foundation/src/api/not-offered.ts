/** What an admin of the platform can do and here nobody can: whoever might do it there is told so, all others as there. */
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
  `The buildpacks of this foundation are a part of it (${INSTALLED.join(', ')}): none can be added, changed or removed`,
);
const VARIABLES = refuse('This foundation has no environment variable groups: give the variables to each application');
const FLAGS = refuse('The feature flags of this foundation are as they are: none can be changed');
const STACKS = refuse('The stack of this foundation is a part of it: none can be added, changed or removed');

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
