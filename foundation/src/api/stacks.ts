import { DEFAULT_STACK, INSTALLED } from '../cloud/buildpacks';
import { NO_METADATA } from '../cloud/metadata';
import type { Row } from '../cloud/records';
import { list } from './collection';
import { get, ok, type Call, type Endpoint } from './endpoint';
import { links, presentRow } from './present';
import { found } from './lookup';

const EPOCH = '2020-01-01T00:00:00Z';

interface Stack extends Row {
  readonly name: string;
  readonly description: string;
}

interface Buildpack extends Row {
  readonly name: string;
  readonly stack: string;
}

/** The foundation's stack is built in. */
const STACKS: readonly Stack[] = [
  {
    guid: '6f1b9d5c-2a94-4f6e-8f0b-0c1c5f2c9a01',
    createdAt: EPOCH,
    updatedAt: EPOCH,
    name: DEFAULT_STACK,
    description: 'Debian instead of the Cloud Foundry Linux-based filesystem',
  },
];

const BUILDPACKS: readonly Buildpack[] = INSTALLED.map((name, index) => ({
  guid: `6f1b9d5c-2a94-4f6e-8f0b-0c1c5f2c9b0${index}`,
  createdAt: EPOCH,
  updatedAt: EPOCH,
  name,
  stack: DEFAULT_STACK,
}));

const presentStack = (stack: Stack, { base }: Pick<Call, 'base'>) => ({
  ...presentRow(stack),
  name: stack.name,
  description: stack.description,
  run_rootfs_image: '',
  build_rootfs_image: '',
  default: true,
  metadata: NO_METADATA,
  links: links(base, { self: `/v3/stacks/${stack.guid}` }),
});

const presentBuildpack = (buildpack: Buildpack, { base }: Pick<Call, 'base'>) => ({
  ...presentRow(buildpack),
  name: buildpack.name,
  stack: buildpack.stack,
  position: BUILDPACKS.indexOf(buildpack) + 1,
  enabled: true,
  locked: false,
  state: 'READY',
  lifecycle: 'buildpack',
  filename: null,
  metadata: NO_METADATA,
  links: links(base, { self: `/v3/buildpacks/${buildpack.guid}` }),
});

export const stacks = (): readonly Endpoint[] => [
  list({
    path: '/v3/stacks',
    needs: 'marketplace:read',
    rows: () => STACKS,
    filters: { names: 'name', default: () => 'true' },
    order: ['name'],
    present: presentStack,
  }),
  get('/v3/stacks/:guid', 'marketplace:read', (call) => {
    const stack = found(
      STACKS.find(({ guid }) => guid === call.params['guid']),
      'Stack',
    );
    return ok(presentStack(stack, call));
  }),
  list({
    path: '/v3/buildpacks',
    needs: 'marketplace:read',
    rows: () => BUILDPACKS,
    filters: { names: 'name', stacks: 'stack' },
    present: presentBuildpack,
  }),
  get('/v3/buildpacks/:guid', 'marketplace:read', (call) => {
    const buildpack = found(
      BUILDPACKS.find(({ guid }) => guid === call.params['guid']),
      'Buildpack',
    );
    return ok(presentBuildpack(buildpack, call));
  }),
];
