import type { Model } from '../model/model';
import { both, stamp, type Change, type Verdict } from './change';

/** What is granted besides reach. */
export function grantChanges(before: Model, after: Model): Change[] {
  const given = (model: Model): Map<string, Change> =>
    new Map(
      model.grants.map(({ certain, who, token, ...grant }): [string, Change] => [
        JSON.stringify([grant.way, who, grant.what, grant.via, token]),
        {
          ...grant,
          who: [who],
          verdict: certain ? 'opens' : 'unknown',
          ...(token !== undefined && { token: stamp(token) }),
        },
      ]),
    );
  const [had, has] = [given(before), given(after)];
  return both(had, has).flatMap((key): Change[] => {
    const [old, now] = [had.get(key), has.get(key)];
    if (now !== undefined) return old?.verdict === now.verdict || old?.verdict === 'opens' ? [] : [now];
    return old === undefined ? [] : [{ ...old, verdict: 'closes' }];
  });
}

/** Applications in which developers may open a shell, from which they reach whatever the application does. */
export function shellChanges(before: Model, after: Model): Change[] {
  const verdicts: Readonly<Record<string, Verdict>> = {
    'no yes': 'opens',
    'no unknown': 'unknown',
    'unknown yes': 'opens',
    'yes no': 'closes',
    'unknown no': 'closes',
  };
  const inApplications = both(before.applications, after.applications).flatMap((who): Change[] => {
    const verdict = verdicts[`${before.shell(who)} ${after.shell(who)}`];
    const origin = (after.applications.get(who) ?? before.applications.get(who))?.origin;
    return verdict === undefined ? [] : [{ verdict, way: 'shell', who: [who], what: 'a shell', origin }];
  });
  return [...inApplications, ...shellsInSpaces(before, after)];
}

/** Of spaces without applications in the code: others may be there, or those whose organization the code names otherwise. */
function shellsInSpaces(before: Model, after: Model): Change[] {
  return [...after.spaces.values()].flatMap(({ id, ssh, origin }): Change[] => {
    const isOpened = before.spaces.get(id)?.ssh === 'no' && ssh !== 'no';
    const isEmpty = after.applicationsIn(id).length === 0;
    return isOpened && isEmpty ? [{ verdict: 'unknown', way: 'shell', who: [id], what: 'a shell', origin }] : [];
  });
}
