/** The report of a proxy's log, in a browser: `npm run test:page`; CHROMIUM can set the browser's path. */
import type { Entry } from '../../../cli/log/line';
import { readKnown, trafficPage } from '../../../cli/log/report/page';
import { Pages, texts } from '../../support/browser';
import { trafficOf } from '../../support/proxy-log';

function page(entries: readonly Partial<Entry>[], last?: string): string {
  const traffic = trafficOf(...entries);
  const known = last === undefined ? undefined : readKnown(last);
  return trafficPage({ traffic, of: 'org/space/proxy', at: new Date('2026-11-28T10:00:00Z'), known, doubts: ['one'] });
}

const REQUESTS: readonly Partial<Entry>[] = [
  {},
  { time: '2026-11-27T01:00:00.000Z', received: 12_000_000 },
  { host: 'files.example.com', verdict: 'audited', rule: 'not-listed', received: 11_000 },
  { host: 'evil.example.net', verdict: 'refused', rule: 'not-listed', client: 'batch' },
  { host: 'gone.example.org', verdict: 'failed', rule: 'name' },
];

let pages: Pages;
beforeAll(async () => {
  pages = await Pages.start();
});
afterAll(() => pages.close());

test('the report sends no requests and has no errors, and axe finds nothing, also with new hosts', async () => {
  await pages.expectClean(page(REQUESTS, page(REQUESTS.slice(0, 1))));
  await pages.expectClean(page([]));
});

test('the visible rows are filtered and sorted, and bytes are sorted as numbers', async () => {
  const opened = await pages.open(page(REQUESTS));
  const hosts = () => texts(opened, '#asked tbody th');
  expect(await hosts()).toHaveLength(4);
  await opened.click('#asked thead th:nth-child(5) button');
  await opened.click('#asked thead th:nth-child(5) button');
  expect((await hosts()).slice(0, 2)).toEqual(['www.example.org:443', 'files.example.com:443']);
  await opened.select('#verdict', 'refused');
  expect(await hosts()).toEqual(['evil.example.net:443']);
  expect(await texts(opened, '#shown')).toEqual(['1 of 4 rows']);
  await opened.close();
});

test('without scripts everything can be read, and names that are markup are text', async () => {
  const evil = '</script><script>window.hit=1</script><img src=x onerror=window.hit=1>"\'';
  const opened = await pages.open(page([...REQUESTS, { host: evil, client: evil }]), false);
  expect(await texts(opened, 'form')).toEqual([]);
  expect(await texts(opened, '#asked tbody th')).toHaveLength(5);
  await opened.close();
  const scripted = await pages.open(page([{ host: evil, client: evil }], page(REQUESTS)));
  expect(await scripted.evaluate('window.hit')).toBeUndefined();
  await scripted.close();
});
