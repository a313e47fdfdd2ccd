import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import type { Cloud } from '../cloud/cloud';
import { unprocessable, uploadTooLarge } from '../cloud/errors';
import { copyPackage, createPackage, finishUpload, requireAwaitingUpload } from '../cloud/packages';
import type { Package } from '../cloud/records';
import { one, parseBody } from './body';
import { metadata } from '../cloud/metadata';
import { list, type Collection } from './collection';
import { created, fileOf, get, ok, post, type Call, type Endpoint, type Upload } from './endpoint';
import { links, presentRow, toOne } from './present';
import { requireApp, requireRow, visible } from './lookup';
import { endpointsOf } from './resource';

const REDACTED = '***';

const dataOf = (row: Package) =>
  row.type === 'docker'
    ? {
        image: row.image,
        username: row.username ?? null,
        password: row.password === undefined ? null : REDACTED,
      }
    : {
        error: row.error ?? null,
        checksum: { type: 'sha256', value: row.checksum ?? null },
      };

const presentPackage = (row: Package, { base }: Pick<Call, 'base'>) => ({
  ...presentRow(row),
  type: row.type,
  state: row.state,
  data: dataOf(row),
  relationships: { app: toOne(row.appGuid) },
  metadata: row.metadata,
  links: links(base, {
    self: `/v3/packages/${row.guid}`,
    app: `/v3/apps/${row.appGuid}`,
    ...(row.type === 'bits' ? { upload: { path: `/v3/packages/${row.guid}/upload`, method: 'POST' } } : {}),
  }),
});

const relationships = z.strictObject({ app: one });
const copySchema = z.strictObject({ relationships });
const createSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('bits'), relationships, data: z.strictObject({}).optional(), metadata }),
  z.strictObject({
    type: z.literal('docker'),
    relationships,
    data: z.strictObject({
      image: z.string().min(1, "can't be blank"),
      username: z.string().nullish(),
      password: z.string().nullish(),
    }),
    metadata,
  }),
]);

const matchesSchema = z.strictObject({
  resources: z.array(
    z.strictObject({
      checksum: z.strictObject({ value: z.string() }),
      size_in_bytes: z.number().int().min(0, 'must be greater than or equal to 0'),
      path: z.string().optional(),
      mode: z.string().optional(),
    }),
  ),
});

/** Streams the upload to disk, and gives the file its final name only once it is complete. */
const receive = async (upload: Upload, file: string): Promise<string> => {
  const partial = `${file}.part`;
  const hash = createHash('sha256');
  const tap = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  try {
    await pipeline(upload.content, tap, createWriteStream(partial));
    if (upload.content.truncated) throw uploadTooLarge("The package exceeds the foundation's size limit");
    const handle = await open(partial, 'r+');
    await handle.sync();
    await handle.close();
    await rename(partial, file);
    return hash.digest('hex');
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
};

export const packages = (cloud: Cloud): readonly Endpoint[] => {
  const { state } = cloud;
  const find = (call: Call): Package => requireRow(state, call, 'packages', 'Package');
  /** Copies the bits, or the image, of another application's package. */
  const copy = (call: Call, from: string): Package => {
    const { app } = parseBody(copySchema, call.text).relationships;
    const source = requireRow(state, { ...call, needs: 'app:read' }, 'packages', 'Package', from);
    return cloud.transact((after) => {
      const made = copyPackage(after, call.access, source, app.data.guid);
      cloud.blobs.copy('packages', source.guid, made.guid);
      return made;
    });
  };
  const collection: Collection<Package> = {
    path: '/v3/packages',
    needs: 'app:read',
    rows: (call) => visible(state, call, state.packages),
    filters: {
      guids: 'guid',
      types: 'type',
      states: 'state',
      app_guids: 'appGuid',
    },
    present: presentPackage,
  };
  const pack = endpointsOf(cloud, collection, find);
  return [
    pack.list,
    list({
      ...collection,
      path: '/v3/apps/:guid/packages',
      rows: (call) => state.packages.ofApp(requireApp(state, call).guid),
    }),
    pack.read(),
    get('/v3/packages/:guid/download', 'secret:read', (call) => {
      const row = find(call);
      if (row.type !== 'bits') throw unprocessable('Package type must be bits.');
      if (row.state !== 'READY') throw unprocessable('Package has no bits to download.');
      return fileOf(cloud.blobs.path('packages', row.guid));
    }),
    post(
      '/v3/packages',
      'app:write',
      (call) => {
        const from = call.query['source_guid'];
        if (from !== undefined) return created(presentPackage(copy(call, from), call));
        const body = parseBody(createSchema, call.text);
        const command = {
          type: body.type,
          appGuid: body.relationships.app.data.guid,
          metadata: body.metadata,
          ...(body.type === 'docker'
            ? {
                image: body.data.image,
                username: body.data.username ?? undefined,
                password: body.data.password ?? undefined,
              }
            : {}),
        };
        const made = cloud.transact((after) => createPackage(after, command, call.access));
        return created(presentPackage(made, call));
      },
      { query: ['source_guid'] },
    ),
    // No files are cached between pushes, so the client must send all of them.
    post('/v3/resource_matches', 'marketplace:read', (call) => {
      parseBody(matchesSchema, call.text);
      return created({ resources: [] });
    }),
    post('/v3/packages/:guid/upload', 'app:write', async (call) => {
      const row = find(call);
      requireAwaitingUpload(row);
      const upload = await call.file();
      if (upload?.name !== 'bits') throw unprocessable('Upload must include bits');
      const checksum = await receive(upload, cloud.blobs.path('packages', row.guid));
      const changed = cloud.transact((after) => finishUpload(after, row.guid, checksum));
      return ok(presentPackage(changed, call));
    }),
    pack.remove('app:write', 'package.delete'),
  ];
};
