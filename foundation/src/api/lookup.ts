import { notFound } from '../cloud/errors';
import type { App, Kind, Organization, Records, Row, Space } from '../cloud/records';
import type { State, Table } from '../cloud/state';
import { guidOf, type Call } from './endpoint';

/** What is there and may be seen; throws 404 otherwise. */
export const found = <T>(row: T | undefined, thing: string, isVisible: (row: T) => boolean = () => true): T => {
  if (row === undefined || !isVisible(row)) throw notFound(thing);
  return row;
};

/** The rows that others refer to, each once. */
export const referred = <R, T extends Row>(
  rows: readonly R[],
  guidIn: (row: R) => string | undefined,
  table: Table<T>,
): readonly T[] => [...new Set(rows.map(guidIn))].flatMap((guid) => table.get(guid) ?? []);

/** `include=`: the objects that the rows refer to, each once. */
export const including =
  <T extends Row, R extends Row>(
    collection: string,
    guidIn: (row: T) => string | undefined,
    table: Table<R>,
    present: (row: R, call: Call) => object,
  ) =>
  (rows: readonly T[], call: Call): object => ({
    [collection]: referred(rows, guidIn, table).map((row) => present(row, call)),
  });

/** The row in the call's path if it is visible; more than reading it is for those who may do it everywhere. */
export const requireVisible = <T extends Row>(
  table: Table<T>,
  call: Call,
  thing: string,
  isVisible: (row: T) => boolean,
): T => {
  const row = found(table.get(guidOf(call)), thing, isVisible);
  if (!call.needs.endsWith(':read')) call.access.require(call.needs);
  return row;
};

/** A row in a space, directly or as a part of an application. */
type InSpace = Row & ({ readonly spaceGuid: string } | { readonly appGuid?: string });

const spaceOf = (state: State, row: InSpace): string =>
  'spaceGuid' in row ? row.spaceGuid : (state.apps.get('appGuid' in row ? row.appGuid : undefined)?.spaceGuid ?? '');

/** The row, if the caller may do what the call needs; otherwise throws 403, or 404 if the caller may not even see it. */
export const requireRow = <K extends Kind>(
  state: State,
  call: Call,
  kind: K,
  thing: string,
  guid = guidOf(call),
): Records[K] => {
  const row = found((state[kind] as unknown as Table<Records[K]>).get(guid), thing);
  call.access.requireInSpace(call.needs, spaceOf(state, row), thing);
  return row;
};

/** The rows that the caller may see. */
export const visible = <T extends InSpace>(state: State, { access, needs }: Call, rows: Table<T>): T[] =>
  rows.where((row) => access.inSpace(needs, spaceOf(state, row)));

/** The application in the call's path. */
export const requireApp = (state: State, call: Call): App => requireRow(state, call, 'apps', 'App');

export const requireOrganization = (state: State, call: Call): Organization => {
  const organization = found(state.organizations.get(guidOf(call)), 'Organization');
  call.access.requireInOrganization(call.needs, organization.guid, 'Organization');
  return organization;
};

export const requireSpace = (state: State, call: Call): Space => {
  const space = found(state.spaces.get(guidOf(call)), 'Space');
  call.access.requireInSpace(call.needs, space.guid, 'Space');
  return space;
};
