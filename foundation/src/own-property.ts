/** What a table has under a name that somebody else chose: `constructor` is in every object, and in no table. */
export const ownProperty = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined;
