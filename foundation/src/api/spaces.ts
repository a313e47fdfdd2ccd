import { endpointsOf } from './resource';
import { z } from 'zod';
import type { Cloud } from '../cloud/cloud';
import { badRequest } from '../cloud/errors';
import { assignToSpace } from '../cloud/isolation-segments';
import { createJob } from '../cloud/jobs';
import { prepareManifest } from '../cloud/manifest';
import { parseManifest } from '../cloud/manifest-document';
import type { Space } from '../cloud/records';
import { createSpace, updateSpace } from '../cloud/spaces';
import { name, one, optionalOne, parseBody } from './body';
import { metadata } from '../cloud/metadata';
import { accepted, created, get, ok, patch, post, type Call, type Endpoint } from './endpoint';
import { links, presentRow, toOne } from './present';
import { including, requireSpace } from './lookup';
import { diffManifest } from './manifest';
import { presentOrganization } from './organizations';

export const presentSpace = (space: Space, { base }: Pick<Call, 'base'>) => ({
  ...presentRow(space),
  name: space.name,
  relationships: { organization: toOne(space.organizationGuid), quota: toOne(space.quotaGuid) },
  metadata: space.metadata,
  links: links(base, {
    self: `/v3/spaces/${space.guid}`,
    organization: `/v3/organizations/${space.organizationGuid}`,
    features: `/v3/spaces/${space.guid}/features`,
    apply_manifest: { path: `/v3/spaces/${space.guid}/actions/apply_manifest`, method: 'POST' },
  }),
});

const presentSsh = ({ sshAllowed }: Space) => ({
  name: 'ssh',
  description: 'Enable SSHing into apps in the space.',
  enabled: sshAllowed,
});

const presentSegmentOf = ({ guid, segmentGuid }: Space, { base }: Pick<Call, 'base'>) => ({
  ...toOne(segmentGuid),
  links: links(base, {
    self: `/v3/spaces/${guid}/relationships/isolation_segment`,
    ...(segmentGuid === undefined ? {} : { related: `/v3/isolation_segments/${segmentGuid}` }),
  }),
});

const createSchema = z
  .strictObject({ name, relationships: z.strictObject({ organization: one }), metadata })
  .transform(({ relationships, ...body }) => ({ ...body, organizationGuid: relationships.organization.data.guid }));
const updateSchema = z.strictObject({ name: name.optional(), metadata });
const featureSchema = z.strictObject({ enabled: z.boolean() });

/** Only the content type distinguishes a manifest from JSON. */
const requireYaml = ({ headers }: Call): void => {
  if (!/^application\/(x-)?yaml|^text\/(x-)?yaml/i.test(String(headers['content-type']))) {
    throw badRequest('Bad request: Content-Type must be yaml');
  }
};

export const spaces = (cloud: Cloud): readonly Endpoint[] => {
  const { state } = cloud;
  const find = (call: Call): Space => requireSpace(state, call);
  const space = endpointsOf<Space>(
    cloud,
    {
      path: '/v3/spaces',
      needs: 'space:read',
      rows: ({ access }) => state.spaces.where(({ guid }) => access.inSpace('space:read', guid)),
      filters: { guids: 'guid', names: 'name', organization_guids: 'organizationGuid' },
      order: ['name'],
      includes: {
        organization: including(
          'organizations',
          (row) => row.organizationGuid,
          state.organizations,
          presentOrganization,
        ),
      },
      present: presentSpace,
    },
    find,
  );
  return [
    space.list,
    space.read(),
    space.create('space:create', createSchema, createSpace),
    space.change('space:update', updateSchema, updateSpace),
    space.remove('space:delete', 'space.delete'),
    get('/v3/spaces/:guid/features', 'space:read', (call) => ok({ features: [presentSsh(find(call))] })),
    get('/v3/spaces/:guid/features/ssh', 'space:read', (call) => ok(presentSsh(find(call)))),
    patch('/v3/spaces/:guid/features/ssh', 'space:update', (call) => {
      const space = find(call);
      const { enabled } = parseBody(featureSchema, call.text);
      return ok(presentSsh(cloud.transact((after) => updateSpace(after, space, { sshAllowed: enabled }))));
    }),
    get('/v3/spaces/:guid/relationships/isolation_segment', 'space:read', (call) =>
      ok(presentSegmentOf(find(call), call)),
    ),
    // The provider removes the segment with each update, even if there is none.
    patch('/v3/spaces/:guid/relationships/isolation_segment', 'space:isolate', (call) => {
      const space = find(call);
      const { data } = parseBody(optionalOne, call.text);
      const after = cloud.transact((next) => assignToSpace(next, space, data?.guid ?? undefined));
      return ok(presentSegmentOf(after, call));
    }),
    post('/v3/spaces/:guid/manifest_diff', 'app:write', (call) => {
      const space = find(call);
      requireYaml(call);
      return created({ diff: diffManifest(state, space.guid, call.text) });
    }),
    post('/v3/spaces/:guid/actions/apply_manifest', 'app:write', (call) => {
      const space = find(call);
      requireYaml(call);
      const applications = parseManifest(call.text);
      const job = cloud.enqueue((after) => {
        prepareManifest(after, space.guid, applications);
        const work = { guid: space.guid, applications };
        return createJob(after, 'space.apply_manifest', work, call.access);
      });
      return accepted(call, job);
    }),
  ];
};
