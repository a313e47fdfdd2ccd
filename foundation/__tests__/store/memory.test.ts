import { MemoryStore } from '../../src/store/store';
import { contract } from './contract';

describe('the store in memory', () =>
  test.each(Object.entries(contract))('%s', (_name, check) =>
    expect(() => {
      check(new MemoryStore(), (store) => store);
    }).not.toThrow(),
  ));
