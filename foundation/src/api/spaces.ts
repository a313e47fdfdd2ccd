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
import { list, withIncluded, type Collection } from './collection';
import {
  accepted,
  created,
  del,
  get,
  guidOf,
  ok,
  patch,
  post,
  type Call,
  type Endpoint,
  links,
  presentRow,
  toOne,
} from './endpoint';
import { acceptJob } from './jobs';
import { requireSpace } from './lookup';
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

const createSchema = z.strictObject({ name, relationships: z.strictObject({ organization: one }), metadata });
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
  const collection: Collection<Space> = {
    path: '/v3/spaces',
    needs: 'space:read',
    rows: ({ access }) => state.spaces.where(({ guid }) => access.inSpace('space:read', guid)),
    filters: { guids: (row) => row.guid, names: (row) => row.name, organization_guids: (row) => row.organizationGuid },
    order: { name: (row) => row.name },
    includes: {
      organization: (rows, call) => ({
        organizations: [...new Set(rows.map((row) => row.organizationGuid))].map((guid) =>
          presentOrganization(state.organizations.expect(guid), call),
        ),
      }),
    },
    present: presentSpace,
  };
  return [
    list(collection),
    get('/v3/spaces/:guid', 'space:read', (call) => ok(withIncluded(find(call), call, collection)), {
      query: ['include'],
    }),
    post('/v3/spaces', 'space:create', (call) => {
      const { relationships, ...body } = parseBody(createSchema, call.text);
      const command = { ...body, organizationGuid: relationships.organization.data.guid };
      const made = cloud.transact((after) => createSpace(after, call.access, command));
      return created(presentSpace(made, call));
    }),
    patch('/v3/spaces/:guid', 'space:update', (call) => {
      const space = find(call);
      const command = parseBody(updateSchema, call.text);
      const changed = cloud.transact((after) => updateSpace(after, call.access, space, command));
      return ok(presentSpace(changed, call));
    }),
    del('/v3/spaces/:guid', 'space:delete', (call) => {
      find(call);
      return acceptJob(cloud, call, 'space.delete', { guid: guidOf(call) });
    }),
    get('/v3/spaces/:guid/features', 'space:read', (call) => ok({ features: [presentSsh(find(call))] })),
    get('/v3/spaces/:guid/features/ssh', 'space:read', (call) => ok(presentSsh(find(call)))),
    patch('/v3/spaces/:guid/features/ssh', 'space:update', (call) => {
      const space = find(call);
      const { enabled } = parseBody(featureSchema, call.text);
      return ok(presentSsh(cloud.transact((after) => updateSpace(after, call.access, space, { sshAllowed: enabled }))));
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
