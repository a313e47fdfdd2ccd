import type { Row } from '../cloud/records';
import type { State } from '../cloud/state';
import type { FieldSets } from './collection';
import { toOne } from './present';

/** The `fields` of the rows' spaces, and of these spaces' organizations. */
export const spaceFields = <T extends Row>(state: State, spacesOf: (row: T) => readonly string[]): FieldSets<T> => {
  const spaces = (rows: readonly T[]) => [...new Set(rows.flatMap(spacesOf))].map((guid) => state.spaces.expect(guid));
  return {
    space: {
      collection: 'spaces',
      keys: ['guid', 'name', 'relationships.organization'],
      objects: (rows) =>
        spaces(rows).map(({ guid, name, organizationGuid }) => ({
          guid,
          name,
          relationships: { organization: toOne(organizationGuid) },
        })),
    },
    'space.organization': {
      collection: 'organizations',
      keys: ['guid', 'name'],
      objects: (rows) =>
        [...new Set(spaces(rows).map(({ organizationGuid }) => organizationGuid))].map((guid) =>
          state.organizations.expect(guid),
        ),
    },
  };
};
