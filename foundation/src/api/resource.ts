import { z } from 'zod';
import type { Cloud } from '../cloud/cloud';
import type { OperationName } from '../cloud/jobs';
import { metadata, relabel } from '../cloud/metadata';
import { GRANTS, type Access, type Action } from '../cloud/permissions';
import type { Described, Row } from '../cloud/records';
import type { State, Table } from '../cloud/state';
import { parseBody } from './body';
import { fieldParameters, list, withIncluded, type Collection } from './collection';
import { created, del, get, ok, patch, post, type Call, type Endpoint } from './endpoint';
import { acceptJob } from './jobs';

type Options = Pick<Endpoint, 'note'>;

/**
 * The endpoints that most kinds of objects have.
 *
 * @param find the object in the call's path, if the caller may do with it what the call needs
 */
export const endpointsOf = <T extends Row>(cloud: Cloud, collection: Collection<T>, find: (call: Call) => T) => {
  const { path, present } = collection;
  const one = `${path}/:guid`;
  const change = <B>(
    needs: Action,
    schema: z.ZodType<B>,
    work: (state: State, row: T, body: B, access: Access) => T,
    options?: Options,
  ): Endpoint =>
    patch(
      one,
      needs,
      (call) => {
        const row = find(call);
        const body = parseBody(schema, call.text);
        return ok(
          present(
            cloud.transact((state) => work(state, row, body, call.access)),
            call,
          ),
        );
      },
      options,
    );
  return {
    list: list(collection),
    read: (options?: Options): Endpoint =>
      get(one, collection.needs, (call) => ok(withIncluded(find(call), call, collection)), {
        query: [...(collection.includes ? ['include'] : []), ...fieldParameters(collection.fields)],
        ...options,
      }),
    create: <B>(
      needs: Action,
      schema: z.ZodType<B>,
      work: (state: State, body: B, access: Access) => T,
      options?: Options,
    ): Endpoint =>
      post(
        path,
        needs,
        (call) => {
          // Where only admins create objects, others are refused whatever the body says.
          if (GRANTS[needs].length === 0) call.access.require(needs);
          const body = parseBody(schema, call.text);
          return created(
            present(
              cloud.transact((state) => work(state, body, call.access)),
              call,
            ),
          );
        },
        options,
      ),
    change,
    /** For objects that keep everything but their labels and annotations. */
    relabel: (needs: Action, table: Table<T & Described>, options?: Options): Endpoint =>
      change(
        needs,
        z.strictObject({ metadata }),
        (state, row, body) => relabel(state, table, row as T & Described, body.metadata),
        options,
      ),
    remove: (needs: Action, operation: OperationName, options?: Options): Endpoint =>
      del(one, needs, (call) => acceptJob(cloud, call, operation, { guid: find(call).guid }), options),
  };
};
