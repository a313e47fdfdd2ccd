import { z } from 'zod';
import type { Cloud } from '../cloud/cloud';
import type { Process, Sidecar } from '../cloud/records';
import { createSidecar, sidecarsBeside, sidecarsOf, updateSidecar } from '../cloud/sidecars';
import { name, parseBody } from './body';
import { list } from './collection';
import { created, del, get, noContent, ok, patch, post, type Call, type Endpoint, presentRow, toOne } from './endpoint';
import { requireApp, requireRow } from './lookup';

const presentSidecar = (sidecar: Sidecar) => ({
  ...presentRow(sidecar),
  name: sidecar.name,
  command: sidecar.command,
  process_types: sidecar.processTypes,
  memory_in_mb: sidecar.memory ?? null,
  origin: 'user',
  relationships: { app: toOne(sidecar.appGuid) },
});

const command = z.string().min(1, "can't be blank");
const types = z.array(z.string().min(1)).min(1, 'must have at least 1 process_type');
const memory = z.number().int().min(1, 'must be greater than 0').nullish();
const createSchema = z.strictObject({ name, command, process_types: types, memory_in_mb: memory });
const updateSchema = createSchema.partial();

const read = <T extends z.output<typeof updateSchema>>(given: T) => {
  const { process_types, memory_in_mb: mebibytes, ...rest } = given;
  // The cast is needed because TypeScript gives the destructured property its constraint's type.
  return { ...rest, processTypes: process_types as T['process_types'], memory: mebibytes ?? undefined };
};

/** The sidecars of one process. */
export const processSidecars = (cloud: Cloud, path: string, find: (call: Call) => Process): Endpoint =>
  list({
    path: `${path}/sidecars`,
    needs: 'app:read',
    rows: (call) => sidecarsBeside(cloud.state, find(call)),
    present: presentSidecar,
  });

/** @see https://v3-apidocs.cloudfoundry.org/#sidecars */
export const sidecars = (cloud: Cloud): readonly Endpoint[] => {
  const { state } = cloud;
  const find = (call: Call): Sidecar => requireRow(state, call, 'sidecars', 'Sidecar');
  return [
    list({
      path: '/v3/apps/:guid/sidecars',
      needs: 'app:read',
      rows: (call) => sidecarsOf(state, requireApp(state, call).guid),
      present: presentSidecar,
    }),
    post('/v3/apps/:guid/sidecars', 'app:write', (call) => {
      const app = requireApp(state, call);
      const given = read(parseBody(createSchema, call.text));
      return created(presentSidecar(cloud.transact((after) => createSidecar(after, app, given))));
    }),
    get('/v3/sidecars/:guid', 'app:read', (call) => ok(presentSidecar(find(call)))),
    patch('/v3/sidecars/:guid', 'app:write', (call) => {
      const sidecar = find(call);
      const given = read(parseBody(updateSchema, call.text));
      return ok(presentSidecar(cloud.transact((after) => updateSidecar(after, sidecar, given))));
    }),
    del('/v3/sidecars/:guid', 'app:write', (call) => {
      const { guid } = find(call);
      cloud.transact((after) => after.sidecars.delete(guid));
      return noContent;
    }),
  ];
};
