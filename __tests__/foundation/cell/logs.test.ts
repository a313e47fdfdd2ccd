import type { LogLine } from '../../../foundation/src/cell/cell';
import { LogBook } from '../../../foundation/src/cell/logs';

function line(timestamp: string): LogLine {
  return { timestamp, instanceIndex: '0', source: 'APP/PROC/WEB', stream: 'OUT', message: `at ${timestamp}` };
}

test('lines are in the order of their times, whoever came first', () => {
  const book = new LogBook();
  for (const at of ['1700000000000000002', '1700000000000000003', '1700000000000000001', '999'])
    book.append('app', line(at));
  expect(book.lines('app').map(({ timestamp }) => timestamp)).toEqual([
    '999',
    '1700000000000000001',
    '1700000000000000002',
    '1700000000000000003',
  ]);
});

test('only the newest are kept, for each application by itself', () => {
  const book = new LogBook(2);
  for (const at of ['1', '2', '3']) book.append('app', line(at));
  book.append('other', line('1'));
  expect(book.lines('app').map(({ timestamp }) => timestamp)).toEqual(['2', '3']);
  expect(book.lines('other')).toHaveLength(1);
  expect(book.lines('unknown')).toEqual([]);
});
