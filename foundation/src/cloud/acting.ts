import { AsyncLocalStorage } from 'node:async_hooks';
import type { EventParty } from './records';
import type { State } from './state';

const acting = new AsyncLocalStorage<EventParty>();

/** The actor of whatever the foundation does by itself. */
const NOBODY: EventParty = { guid: '', type: 'system', name: 'system' };

/** The user, for events, on whose behalf the current code and everything it starts runs. */
export const actor = (): EventParty => acting.getStore() ?? NOBODY;

export const actingAs = <T>(state: State, userGuid: string | undefined, work: () => T): T =>
  userGuid === undefined
    ? work()
    : acting.run({ guid: userGuid, type: 'user', name: state.users.get(userGuid)?.username ?? '' }, work);
