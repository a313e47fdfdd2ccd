import fc from 'fast-check';
import { systemClock } from '../../src/cloud/clock';
import { NO_METADATA } from '../../src/cloud/metadata';
import type { Task } from '../../src/cloud/records';
import { Database, type State } from '../../src/cloud/state';
import { MemoryStore } from '../../src/store/store';

type Step = readonly ['put' | 'delete', guid: string, name: string];

const step: fc.Arbitrary<Step> = fc.tuple(
  fc.constantFrom('put' as const, 'delete' as const),
  fc.constantFrom('a', 'b', 'c', 'd'),
  fc.string({ maxLength: 3 }),
);

const take = (state: State, [act, guid, name]: Step): void => {
  if (act === 'put') state.organizations.put({ ...state.stamp(), guid, name, metadata: NO_METADATA });
  else state.organizations.delete(guid);
};

const content = (state: State): [string, string][] => [...state.organizations].map(({ guid, name }) => [guid, name]);

/** Creates and deletes tasks: one without an application is deleted. */
const openTasks = () => {
  const database = new Database(new MemoryStore(), systemClock);
  const transaction = (parts: readonly { guid: string; app?: string }[], fails: boolean): void => {
    const work = (state: State): void => {
      for (const { guid, app } of parts) {
        if (app === undefined) state.tasks.delete(guid);
        else state.tasks.put({ ...state.stamp(), guid, appGuid: app } as Task);
      }
      if (fails) throw new Error('undone');
    };
    try {
      database.transaction(work);
    } catch (error) {
      expect((error as Error).message).toBe('undone');
    }
  };
  return { state: database.state, transaction };
};

const rejecting = (): { store: MemoryStore; refuse: () => void } => {
  const store = new MemoryStore();
  const commit = store.commit.bind(store);
  let refused = false;
  store.commit = (changes) => {
    if (refused) throw new Error('disk full');
    commit(changes);
  };
  return {
    store,
    refuse: () => {
      refused = true;
    },
  };
};

describe('the state', () => {
  test('knows the parts of an application, in order, after any transactions and failed ones', () => {
    const part = fc.record({ guid: fc.constantFrom('a', 'b', 'c', 'd'), app: fc.constantFrom('x', 'y', undefined) });
    const transactions = fc.array(fc.record({ parts: fc.array(part), fails: fc.boolean() }));
    fc.assert(
      fc.property(transactions, (all) => {
        const { state, transaction } = openTasks();
        for (const { parts, fails } of all) transaction(parts, fails);
        for (const app of ['x', 'y']) {
          expect(state.tasks.ofApp(app)).toEqual(state.tasks.where(({ appGuid }) => appGuid === app));
        }
      }),
    );
  });

  test('is the same when it is loaded from the store, after any transactions', () =>
    fc.assert(
      fc.property(fc.array(fc.array(step)), (transactions) => {
        const store = new MemoryStore();
        const database = new Database(store, systemClock);
        for (const steps of transactions) {
          database.transaction((state) =>
            steps.forEach((one) => {
              take(state, one);
            }),
          );
        }
        expect(new Set(content(new Database(store, systemClock).state))).toEqual(new Set(content(database.state)));
      }),
    ));

  test.each(['work', 'store'])('is unchanged, rows and order, if the %s fails', (culprit) => {
    fc.assert(
      fc.property(fc.array(step), fc.array(step, { minLength: 1 }), (first, second) => {
        const { store, refuse } = rejecting();
        const database = new Database(store, systemClock);
        const run = (steps: readonly Step[], fail: boolean): void => {
          database.transaction((state) => {
            steps.forEach((one) => take(state, one));
            if (fail) throw new Error('work failed');
          });
        };
        run(first, false);
        const before = content(database.state);
        if (culprit === 'store') refuse();
        // Deleting a row that does not exist changes nothing, and does not use the store.
        fc.pre(culprit === 'work' || second.some(([act]) => act === 'put'));
        expect(() => run(second, culprit === 'work')).toThrow(culprit === 'work' ? 'work failed' : 'disk full');
        expect(content(database.state)).toEqual(before);
      }),
    );
  });

  test('has one time for a whole transaction: created and updated differed if a second ended meanwhile', () => {
    let seconds = 0;
    const database = new Database(new MemoryStore(), { ...systemClock, now: () => 1000 * ++seconds });
    const { result: times } = database.transaction((state) => {
      const { createdAt, updatedAt } = state.stamp();
      return [createdAt, updatedAt, state.now()];
    });
    expect(new Set(times).size).toBe(1);
    expect(database.state.now()).not.toBe(times[0]);
  });

  test('can only be changed inside a transaction', () => {
    const { state } = new Database(new MemoryStore(), systemClock);
    expect(() => take(state, ['put', 'a', 'a'])).toThrow('inside a transaction');
  });
});
