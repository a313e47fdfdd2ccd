import { notFound } from '../cloud/errors';
import { get, ok, type Endpoint } from './endpoint';
import { links } from './present';

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
