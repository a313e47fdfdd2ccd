import type { Model } from '../model/model';
import { ANYONE, both, stamp, type Change } from './change';

/** What everyone on the internet reaches. */
export function routeChanges(before: Model, after: Model): Change[] {
  const open = (model: Model): Map<string, Change> =>
    new Map(
      model.routes
        .filter(({ internal }) => internal !== 'yes')
        .flatMap(({ url, internal, applications, possible = [], token, origin }) => {
          const change = (via: string, certain: boolean): [string, Change] => [
            JSON.stringify([url, via]),
            { verdict: certain ? 'opens' : 'unknown', way: 'route', who: [ANYONE], what: url, via, origin },
          ];
          return [
            ...possible.map((via): [string, Change] => {
              const [key, some] = change(via, false);
              return [key, { ...some, ...(token !== undefined && { token: stamp(token) }) }];
            }),
            ...applications.map((via) => change(via, internal === 'no')),
          ];
        }),
    );
  const [had, has] = [open(before), open(after)];
  return both(had, has).flatMap((key): Change[] => {
    const [old, now] = [had.get(key), has.get(key)];
    if (now !== undefined) return old?.verdict === now.verdict || old?.verdict === 'opens' ? [] : [now];
    return old === undefined ? [] : [{ ...old, verdict: 'closes' }];
  });
}
