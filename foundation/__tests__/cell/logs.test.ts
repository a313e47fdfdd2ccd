import type { LogLine } from '../../src/cell/cell';
import { LogBook } from '../../src/cell/logs';

function line(timestamp: string): LogLine {
  return { timestamp, instanceIndex: '0', source: 'APP/PROC/WEB', stream: 'OUT', message: `at ${timestamp}` };
}

test('lines are in order of their times, whatever order they arrive in', () => {
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

test('only the newest lines are kept, per application', () => {
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

test('fewer long lines are kept, but at least the newest', () => {
  const book = new LogBook({ lines: 1000, bytes: 10_000, total: 1e6 });
  const long = (at: number): LogLine => ({ ...line(String(at)), message: 'x'.repeat(1000) });
  for (let at = 1; at <= 50; at++) book.append('app', long(at));
  const kept = book.lines('app');
  expect(kept.length).toBeGreaterThanOrEqual(3);
  expect(kept.length).toBeLessThanOrEqual(4);
  expect(kept.at(-1)?.timestamp).toBe('50');
});

test('with very many applications, the log of the one silent the longest is dropped', () => {
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

describe('a clock that is set back', () => {
  const HOUR = 3_600_000;
  let clock: number;
  let book: LogBook;
  const print = (message: string): void => book.append('app', { ...line(`${clock}000000`), message });
  const messages = (): string[] => book.lines('app').map(({ message }) => message);

  beforeEach(() => {
    clock = Date.UTC(2026, 0, 1);
    book = new LogBook({ lines: 10, bytes: 1e6, total: 1e6 }, () => clock);
  });

  test('does not hide new lines among old ones: readers that continue from the newest find them, in order', () => {
    print('before');
    const newest = BigInt(book.lines('app')[0]?.timestamp ?? '');
    clock -= HOUR;
    print('first');
    print('second');
    expect(messages()).toEqual(['before', 'first', 'second']);
    expect(book.lines('app').filter(({ timestamp }) => BigInt(timestamp) > newest)).toHaveLength(2);
    clock += 2 * HOUR;
    print('later');
    expect(book.lines('app').at(-1)).toMatchObject({ message: 'later', timestamp: `${clock}000000` });
  });

  test('does not drop the newest lines from a full log', () => {
    for (let number = 0; number < 10; number++) print('before');
    clock -= HOUR;
    print('after');
    expect(messages().at(-1)).toBe('after');
  });
});
