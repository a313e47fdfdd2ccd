import { restartDelay } from '../../src/cloud/instances';

describe('after a crash', () => {
  test.each([
    [1, 0],
    [2, 0],
    [3, 0],
    [4, 30],
    [5, 60],
    [6, 120],
    [8, 480],
    [9, 960],
    [10, 960],
    [200, 960],
  ])('number %i the instance is restarted after %i s', (crashes, seconds) =>
    expect(restartDelay(crashes)).toBe(seconds * 1000),
  );

  test('number 201 the instance is given up', () => expect(restartDelay(201)).toBeUndefined());
});
