import { z } from 'zod';
import type { Cloud } from '../cloud/cloud';
import { mergeMetadata } from '../cloud/metadata';
import { metadata } from '../cloud/metadata-document';
import type { Revision } from '../cloud/records';
import { deployedRevisions, revisionsOf } from '../cloud/revisions';
import { parseBody } from './body';
import { list, type Collection } from './collection';
import { get, ok, patch, type Call, type Endpoint } from './endpoint';
import { requireApp, requireRow } from './lookup';
import { links, presentRow, toOne } from './present';

const updateSchema = z.strictObject({ metadata });

const presentRevision = (revision: Revision, { base }: Pick<Call, 'base'>) => ({
  ...presentRow(revision),
  version: revision.version,
  description: revision.description,
  droplet: { guid: revision.dropletGuid },
  processes: Object.fromEntries(Object.entries(revision.commands).map(([type, command]) => [type, { command }])),
  sidecars: (revision.sidecars ?? []).map(({ name, command, processTypes, memory }) => ({
    name,
    command,
    process_types: processTypes,
    memory_in_mb: memory ?? null,
  })),
  deployable: true,
  relationships: { app: toOne(revision.appGuid) },
  metadata: revision.metadata,
  links: links(base, {
    self: `/v3/revisions/${revision.guid}`,
    app: `/v3/apps/${revision.appGuid}`,
    environment_variables: `/v3/revisions/${revision.guid}/environment_variables`,
  }),
});

export const revisions = (cloud: Cloud): readonly Endpoint[] => {
  const { state } = cloud;
  const filters: Collection<Revision>['filters'] = { versions: (row) => String(row.version) };
  const find = (call: Call): Revision => requireRow(state, call, 'revisions', 'Revision');
  const ofApp = (call: Call): string => requireApp(state, call).guid;
  return [
    list({
      path: '/v3/apps/:guid/revisions',
      needs: 'app:read',
      rows: (call) => revisionsOf(state, ofApp(call)),
      filters,
      present: presentRevision,
    }),
    list({
      path: '/v3/apps/:guid/revisions/deployed',
      needs: 'app:read',
      rows: (call) => deployedRevisions(state, ofApp(call)),
      filters,
      present: presentRevision,
    }),
    get('/v3/revisions/:guid', 'app:read', (call) => ok(presentRevision(find(call), call))),
    patch('/v3/revisions/:guid', 'app:write', (call) => {
      const revision = find(call);
      const { metadata: given } = parseBody(updateSchema, call.text);
      const merged = mergeMetadata(revision.metadata, given);
      const after = cloud.transact((next) =>
        next.revisions.put({ ...revision, updatedAt: next.now(), metadata: merged }),
      );
      return ok(presentRevision(after, call));
    }),
    get('/v3/revisions/:guid/environment_variables', 'secret:read', (call) => ok({ var: find(call).env })),
  ];
};
