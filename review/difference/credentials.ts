import type { Model } from '../model/model';
import { ANY_CLIENT, both, stamp, type Change } from './change';

/**
 * For whom a proxy takes a password that it did not take before. The model lets everybody through who may connect, so whoever
 * has the password gets no more by it than is told elsewhere; but from now on they get it.
 */
export function credentialChanges(before: Model, after: Model): Change[] {
  return [...after.applications.values()].flatMap(({ id, allowlist, program, origin }): Change[] => {
    const [had, has] = [before.applications.get(id)?.allowlist?.credentials, allowlist?.credentials];
    // Where everybody could use it, nobody gains by a password; and an audit does not see what was last deployed.
    if (had === undefined || has === undefined || program === undefined) return [];
    const change = { way: 'credentials', who: [ANY_CLIENT], via: id, origin } as const;
    const known = new Set(had.unknown.map(({ token }) => token));
    return [
      ...both(had.clients, has.clients)
        .filter((client) => had.clients.has(client) !== has.clients.has(client))
        .map((what): Change => ({ ...change, verdict: has.clients.has(what) ? 'opens' : 'closes', what })),
      ...has.unknown
        .filter(({ token }) => !known.has(token))
        .map(({ token, because }): Change => {
          const what = ['an unknown client'];
          return { ...change, verdict: 'unknown', what, note: because, token: stamp(token) };
        }),
    ];
  });
}
