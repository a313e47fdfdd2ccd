import type { Row } from '../cloud/records';

/** The fields that every object of the API begins with. */
export const presentRow = ({ guid, createdAt, updatedAt }: Row) => ({
  guid,
  created_at: createdAt,
  updated_at: updatedAt,
});

type Paths = Readonly<Record<string, string | { readonly path: string; readonly method: string }>>;

export const links = (base: string, paths: Paths) =>
  Object.fromEntries(
    Object.entries(paths).map(([name, to]) => [
      name,
      typeof to === 'string' ? { href: base + to } : { href: base + to.path, method: to.method },
    ]),
  );

/** `{"data": {"guid": ...}}`, or `{"data": null}` for none. */
export const toOne = (guid: string | undefined) => ({ data: guid === undefined ? null : { guid } });

export const toMany = (guids: readonly string[]) => ({ data: guids.map((guid) => ({ guid })) });
