import assert from 'node:assert/strict';
import type { Store } from '../../src/store/store';

const rows = (store: Store) => [...store.load()];

/**
 * The contract of every store, as named checks without a test framework, since the durable store is checked by a
 * different Node.js than the one that runs the tests. `reopen` closes the store and opens it again, if it is durable.
 */
export const contract: Readonly<Record<string, (store: Store, reopen: (store: Store) => Store) => void>> = {
  'gives back what was committed, in the order in which it came to be': (store, reopen) => {
    store.commit([{ kind: 'spaces', guid: 'b', value: { name: 'first' } }]);
    store.commit([{ kind: 'spaces', guid: 'a', value: { name: 'second' } }]);
    store.commit([{ kind: 'spaces', guid: 'b', value: { name: 'changed' } }]);
    assert.deepEqual(rows(reopen(store)), [
      { kind: 'spaces', guid: 'b', value: { name: 'changed' } },
      { kind: 'spaces', guid: 'a', value: { name: 'second' } },
    ]);
  },
  'tells kinds with the same guid apart': (store, reopen) => {
    store.commit([
      { kind: 'apps', guid: 'x', value: { of: 'apps' } },
      { kind: 'spaces', guid: 'x', value: { of: 'spaces' } },
    ]);
    store.commit([{ kind: 'apps', guid: 'x', value: undefined }]);
    assert.deepEqual(rows(reopen(store)), [{ kind: 'spaces', guid: 'x', value: { of: 'spaces' } }]);
  },
  'deletes what there is and what there is not': (store, reopen) => {
    store.commit([{ kind: 'apps', guid: 'x', value: {} }]);
    store.commit([
      { kind: 'apps', guid: 'x', value: undefined },
      { kind: 'apps', guid: 'never', value: undefined },
    ]);
    assert.deepEqual(rows(reopen(store)), []);
  },
  'makes all changes of a commit or none': (store, reopen) => {
    const circular: { self?: object } = {};
    circular.self = circular;
    assert.throws(() =>
      store.commit([
        { kind: 'apps', guid: 'good', value: {} },
        { kind: 'apps', guid: 'bad', value: circular },
      ]),
    );
    store.commit([{ kind: 'apps', guid: 'after', value: {} }]);
    assert.deepEqual(rows(reopen(store)), [{ kind: 'apps', guid: 'after', value: {} }]);
  },
  'keeps what was committed, whatever becomes of the object': (store, reopen) => {
    const value = { name: 'then' };
    store.commit([{ kind: 'apps', guid: 'x', value }]);
    value.name = 'now';
    assert.deepEqual(rows(reopen(store)), [{ kind: 'apps', guid: 'x', value: { name: 'then' } }]);
  },
};
