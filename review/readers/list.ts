import type { Item, Platform } from './live';

const PAGE = 200;
/** How often a list is read if it changes meanwhile. */
const TRIES = 3;

/**
 * The platform didn't return the whole list, so nothing can be said about what is missing. Checked by name, because
 * clients have their own error classes.
 */
export class IncompleteList extends Error {
  override readonly name = 'NoAnswer';
}

interface Page {
  readonly resources: readonly Item[];
  readonly pagination: { readonly total_pages: number; readonly total_results: number };
}

/**
 * Reads a complete list. Deleting an item while pages are read moves later items to a page that was already read, so a
 * list is valid only if it has as many items as the platform counted on each page.
 *
 * @throws IncompleteList if the numbers differ
 */
export async function all(platform: Platform, path: string): Promise<Item[]> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const items = await readOnce(platform, path);
    if (items !== undefined) return items;
  }
  throw new IncompleteList(
    `${path} did not give as many as it counts, in ${TRIES} tries: it changes while it is read; run it again`,
  );
}

async function readOnce(platform: Platform, path: string): Promise<Item[] | undefined> {
  const items = new Map<string, Item>();
  let counted: number | undefined;
  for (let page = 1; ; page += 1) {
    const before = items.size;
    const { resources, pagination } = await pageOf(platform, path, page);
    const { total_pages: pages, total_results: total } = pagination;
    for (const item of resources) items.set(item.guid, item);
    counted ??= total;
    if (counted !== total) return undefined;
    if (page >= pages) return items.size === total ? [...items.values()] : undefined;
    // A page with nothing new that always refers to another page would never end.
    if (items.size === before) return undefined;
  }
}

async function pageOf(platform: Platform, path: string, page: number): Promise<Page> {
  const separator = path.includes('?') ? '&' : '?';
  const answer = (await platform.get(`${path}${separator}per_page=${PAGE}&page=${page}`)) as Partial<Page> | null;
  const { resources, pagination } = answer ?? {};
  const counts = [pagination?.total_pages, pagination?.total_results];
  requireList(path, counts.every(Number.isSafeInteger) ? resources : undefined);
  return answer as Page;
}

/** @throws IncompleteList if it isn't a list */
export function requireList<T>(path: string, list: readonly T[] | undefined): readonly T[] {
  if (list !== undefined && Array.isArray(list)) return list as readonly T[];
  throw new IncompleteList(
    `${path} is answered with something other than a list: see that CF_API_URL is the API itself`,
  );
}
