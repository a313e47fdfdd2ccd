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
  const book = new LogBook({ lines: 10, bytes: 1e6, total: 1e6 });
  for (let at = 1; at <= 100; at++) book.append('app', line(String(at)));
  book.append('other', line('1'));
  const kept = book.lines('app').map(({ timestamp }) => Number(timestamp));
  expect(kept.length).toBeGreaterThanOrEqual(8);
  expect(kept.length).toBeLessThanOrEqual(10);
  expect(kept).toEqual(Array.from(kept, (_at, index) => 101 - kept.length + index));
  expect(book.lines('other')).toHaveLength(1);
  expect(book.lines('unknown')).toEqual([]);
});

test('few lines are kept where they are long, and at least the newest', () => {
  const book = new LogBook({ lines: 1000, bytes: 10_000, total: 1e6 });
  const long = (at: number): LogLine => ({ ...line(String(at)), message: 'x'.repeat(1000) });
  for (let at = 1; at <= 50; at++) book.append('app', long(at));
  const kept = book.lines('app');
  expect(kept.length).toBeGreaterThanOrEqual(3);
  expect(kept.length).toBeLessThanOrEqual(4);
  expect(kept.at(-1)?.timestamp).toBe('50');
});

test('where there are very many applications, the one that has been silent for longest is forgotten', () => {
  const book = new LogBook({ lines: 1000, bytes: 10_000, total: 20_000 });
  const long = (at: number): LogLine => ({ ...line(String(at)), message: 'x'.repeat(2000) });
  for (let app = 0; app < 20; app++) {
    book.append('talkative', line(String(app)));
    book.append(`app ${app}`, long(1));
  }
  const known = Array.from({ length: 20 }, (_, app) => `app ${app}`).filter((app) => book.lines(app).length > 0);
  expect(known).toEqual(['app 17', 'app 18', 'app 19']);
  expect(book.lines('talkative')).toHaveLength(20);
});
