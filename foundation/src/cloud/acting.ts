import { AsyncLocalStorage } from 'node:async_hooks';
import type { EventParty } from './records';
import type { State } from './state';

const acting = new AsyncLocalStorage<EventParty>();

/** What the foundation does by itself. */
const NOBODY: EventParty = { guid: '', type: 'system', name: 'system' };

/** Who wants what is done now, and in what it sets going: events name them. */
export const actor = (): EventParty => acting.getStore() ?? NOBODY;

export const actingAs = <T>(state: State, userGuid: string | undefined, work: () => T): T =>
  userGuid === undefined
    ? work()
    : acting.run({ guid: userGuid, type: 'user', name: state.users.get(userGuid)?.username ?? '' }, work);
