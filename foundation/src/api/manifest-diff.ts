/**
 * What a manifest would change. Only what the manifest sets is compared, since what it leaves out stays as it is.
 *
 * @see https://v3-apidocs.cloudfoundry.org/#create-a-manifest-diff-for-a-space-experimental
 */
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
import { findApp } from '../cloud/apps';
import { parseManifest } from '../cloud/manifest-document';
import { parseBytes, parseMegabytes } from '../cloud/megabytes';
import type { State } from '../cloud/state';
import { ownProperty } from '../own-property';
import { presentManifest } from './manifest';

interface Difference {
  readonly op: 'add' | 'replace';
  readonly path: string;
  readonly was?: unknown;
  readonly value: unknown;
}

type Content = Readonly<Record<string, unknown>>;

const isContent = (value: unknown): value is Content =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Sizes, which are compared by value, not as written. */
const SIZES: readonly string[] = ['memory', 'disk_quota', 'disk-quota'];
const LOG_RATE = 'log-rate-limit-per-second';

const isSame = (key: string, before: unknown, after: unknown): boolean =>
  isDeepStrictEqual(before, after) ||
  (SIZES.includes(key) && parseMegabytes(String(before)) === parseMegabytes(String(after))) ||
  (key === LOG_RATE && parseBytes(String(before)) === parseBytes(String(after)));

/** The key that identifies the items of a list. */
const IDENTITIES: Readonly<Record<string, string>> = {
  routes: 'route',
  processes: 'type',
  services: 'name',
  sidecars: 'name',
};

const nameOf = (list: string, item: unknown): unknown =>
  isContent(item) ? ownProperty(item, IDENTITIES[list] ?? '') : item;

const compareLists = (
  path: string,
  list: string,
  before: readonly unknown[],
  after: readonly unknown[],
): Difference[] =>
  after.flatMap((item, index) => {
    const match = before.find((other) => nameOf(list, other) === nameOf(list, item));
    if (match === undefined) return [{ op: 'add', path: `${path}/${index}`, value: item }];
    return isContent(match) && isContent(item) ? compare(`${path}/${index}`, match, item) : [];
  });

const compare = (path: string, before: Content, after: Content): Difference[] =>
  Object.entries(after).flatMap(([key, value]): Difference[] => {
    const was = ownProperty(before, key);
    const at = `${path}/${key}`;
    if (was === undefined) return [{ op: 'add', path: at, value }];
    if (isContent(was) && isContent(value)) return compare(at, was, value);
    if (Array.isArray(was) && Array.isArray(value)) return compareLists(at, key, was, value);
    return isSame(key, was, value) ? [] : [{ op: 'replace', path: at, was, value }];
  });

/** Adds the application's own process settings to its web process. */
const withWeb = (application: Content): Content => {
  const processes = Array.isArray(application['processes']) ? (application['processes'] as readonly unknown[]) : [];
  const web = processes.find((process) => isContent(process) && process['type'] === 'web');
  return isContent(web) ? { ...web, ...application } : application;
};

export const diffManifest = (state: State, spaceGuid: string, text: string): readonly Difference[] => {
  const names = parseManifest(text).map(({ name }) => name);
  const { applications } = parse(text) as { applications: readonly Content[] };
  return applications.flatMap((application, index) => {
    const path = `/applications/${index}`;
    const app = findApp(state, spaceGuid, names[index] ?? '');
    if (!app) return [{ op: 'add' as const, path, value: application }];
    const [current = {}] = (parse(presentManifest(state, app)) as { applications: readonly Content[] }).applications;
    return compare(path, withWeb(current), application);
  });
};
