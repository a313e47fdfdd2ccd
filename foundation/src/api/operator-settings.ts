/** What an operator sets on the platform and nobody here: readable, but a change gives admins the reason, others a 403. */
import { notFound, unprocessable } from '../cloud/errors';
import type { Row } from '../cloud/records';
import { found } from './lookup';
import { list } from './collection';
import { del, get, ok, patch, post, type Call, type Endpoint } from './endpoint';
import { links } from './present';
import { INSTALLED } from '../cloud/buildpacks';

/** Features that an operator can turn on and off on the platform; fixed on this foundation. */
const FLAGS: Readonly<Record<string, boolean>> = {
  app_bits_upload: true,
  diego_docker: true,
  env_var_visibility: true,
  private_domain_creation: true,
  route_creation: true,
  route_sharing: false,
  service_instance_creation: true,
  service_instance_sharing: true,
  set_roles_by_username: true,
  task_creation: true,
  unset_roles_by_username: true,
  user_org_creation: false,
};

interface Flag extends Row {
  readonly name: string;
  readonly enabled: boolean;
}

const EPOCH = '2020-01-01T00:00:00Z';
const ROWS: readonly Flag[] = Object.entries(FLAGS).map(([name, enabled]) => ({
  guid: name,
  createdAt: EPOCH,
  updatedAt: EPOCH,
  name,
  enabled,
}));

const presentFlag = ({ name, enabled }: Flag, { base }: Pick<Call, 'base'>) => ({
  name,
  enabled,
  updated_at: null,
  custom_error_message: null,
  links: links(base, { self: `/v3/feature_flags/${name}` }),
});

/** @see https://v3-apidocs.cloudfoundry.org/#feature-flags */
export const featureFlags = (): readonly Endpoint[] => [
  list<Flag>({
    path: '/v3/feature_flags',
    needs: 'marketplace:read',
    rows: () => ROWS,
    order: ['name'],
    present: presentFlag,
  }),
  get('/v3/feature_flags/:name', 'marketplace:read', (call) => {
    const flag = found(
      ROWS.find(({ name }) => name === call.params['name']),
      'Feature flag',
    );
    return ok(presentFlag(flag, call));
  }),
];

const GROUPS: readonly string[] = ['running', 'staging'];

/**
 * Variables that an operator sets for all applications: always empty on this foundation.
 *
 * @see https://v3-apidocs.cloudfoundry.org/#environment-variable-groups
 */
export const environmentGroups = (): readonly Endpoint[] => [
  get('/v3/environment_variable_groups/:name', 'marketplace:read', ({ base, params: { name = '' } }) => {
    if (!GROUPS.includes(name)) throw notFound('Environment variable group');
    return ok({
      name,
      var: {},
      updated_at: null,
      links: links(base, { self: `/v3/environment_variable_groups/${name}` }),
    });
  }),
];

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
const FLAG_CHANGES = refuse("The feature flags of this foundation are fixed: you can't change one");
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
  patch('/v3/feature_flags/:name', 'platform:write', FLAG_CHANGES),
];
