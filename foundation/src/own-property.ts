/** Looks up a user's key in a table, excluding inherited properties such as `constructor`. */
export const ownProperty = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined;
