import { notFound } from '../cloud/errors';
import type { Row } from '../cloud/records';
import { ownProperty } from '../own-property';
import { list } from './collection';
import { get, ok, type Call, type Endpoint } from './endpoint';
import { links } from './present';

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

type Flag = Row;

const EPOCH = '2020-01-01T00:00:00Z';
const ROWS: readonly Flag[] = Object.keys(FLAGS).map((guid) => ({ guid, createdAt: EPOCH, updatedAt: EPOCH }));

const presentFlag = (name: string, enabled: boolean, { base }: Pick<Call, 'base'>) => ({
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
    order: { name: ({ guid }) => guid },
    present: ({ guid }, call) => presentFlag(guid, FLAGS[guid] ?? false, call),
  }),
  get('/v3/feature_flags/:name', 'marketplace:read', (call) => {
    const { name = '' } = call.params;
    const enabled = ownProperty(FLAGS, name);
    if (enabled === undefined) throw notFound('Feature flag');
    return ok(presentFlag(name, enabled, call));
  }),
];
