import type { Model } from '../model/model';
import { DEFAULT_SETTINGS } from '../settings';
import type { Change } from './change';
import { credentialChanges } from './credentials';
import { egressChanges } from './egress';
import { grantChanges, shellChanges } from './grants';
import { policyChanges } from './policies';
import { programChanges, type Trust } from './programs';
import { proxyChanges } from './proxies';
import { routeChanges } from './routes';

/** Who can reach what now and couldn't before, and who no longer can. A pure function of two models. */
export function difference(before: Model, after: Model, trust: Trust = DEFAULT_SETTINGS): Change[] {
  return [
    ...egressChanges(before, after, 'running'),
    ...policyChanges(before, after),
    ...proxyChanges(before, after),
    ...programChanges(before, after, trust),
    ...credentialChanges(before, after),
    ...routeChanges(before, after),
    ...grantChanges(before, after),
    ...shellChanges(before, after),
    ...egressChanges(before, after, 'staging'),
  ];
}

/** Whether the changes need an approval. Unknown changes do. */
export function widens(changes: readonly Pick<Change, 'verdict'>[]): boolean {
  return changes.some(({ verdict }) => verdict !== 'closes');
}
