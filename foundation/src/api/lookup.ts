import { notFound } from '../cloud/errors';
import type { Access, SpaceAction } from '../cloud/permissions';
import type { Kind, Records, Row } from '../cloud/records';
import type { State, Table } from '../cloud/state';

/** Kinds whose rows lie in a space, directly or as a part of an application. */
type InSpace = Row & ({ readonly spaceGuid: string } | { readonly appGuid?: string });

const spaceOf = (state: State, row: InSpace): string =>
  'spaceGuid' in row ? row.spaceGuid : (state.apps.get('appGuid' in row ? row.appGuid : undefined)?.spaceGuid ?? '');

/** The row, if whoever asks may see it and do this to it: 404 and 403 otherwise. */
export const requireRow = <K extends Kind>(
  state: State,
  access: Access,
  kind: K,
  guid: string,
  action: SpaceAction,
  thing: string,
): Records[K] => {
  const row = (state[kind] as unknown as Table<Records[K]>).get(guid);
  if (!row) {
    throw notFound(thing);
  }
  access.requireInSpace(action, spaceOf(state, row), thing);
  return row;
};

/** Those of the rows that whoever asks may see. */
export const visible = <T extends InSpace>(state: State, access: Access, rows: Iterable<T>, action: SpaceAction): T[] =>
  [...rows].filter((row) => access.inSpace(action, spaceOf(state, row)));
