import { lazily } from '../../../review/model/maps';

test('a value is computed once, on first use, and code that lists or compares all values sees it', () => {
  const asked: string[] = [];
  const values = lazily(['a', 'b'], (name) => {
    asked.push(name);
    return name.toUpperCase();
  });
  expect(Object.keys(values)).toEqual(['a', 'b']);
  expect(asked).toEqual([]);
  expect([values['b'], values['b']]).toEqual(['B', 'B']);
  expect(asked).toEqual(['b']);
  expect({ ...values }).toEqual({ a: 'A', b: 'B' });
  expect(asked).toEqual(['b', 'a']);
});
