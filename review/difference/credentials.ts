import type { Model } from '../model/model';
import { ANY_CLIENT, both, stamp, type Change } from './change';

/**
 * Clients whose passwords a proxy accepts now and didn't before. The model assumes that everyone who may connect gets
 * through, so a password adds nothing to the reach that other rows show, but from now on it can be used.
 */
export function credentialChanges(before: Model, after: Model): Change[] {
  return [...after.applications.values()].flatMap(({ id, allowlist, program, origin }): Change[] => {
    const [had, has] = [before.applications.get(id)?.allowlist?.credentials, allowlist?.credentials];
    // If everybody could use the proxy, a password adds nothing; and an audit doesn't see what was last deployed.
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
