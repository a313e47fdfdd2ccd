/** The page of an organization, in a browser: `npm run test:page`; CHROMIUM can set the browser's path. */
import type { Page } from 'puppeteer-core';
import { auditOf } from '../../../review/organization/audit';
import type { OrganizationAudit } from '../../../review/organization/document';
import { organizationPage } from '../../../review/organization/page';
import { readOrganization, type Reading } from '../../../review/organization/read';
import { explain } from '../../../review/explain';
import { Model } from '../../../review/model/model';
import { factsOf } from '../../../review/readers/resources';
import { Pages, texts } from '../../support/browser';
import { openWorld, type World } from './world';

const ORG = 'egress-demo';

let world: World;
let pages: Pages;
let reading: Reading;
let audit: OrganizationAudit;

beforeAll(async () => {
  pages = await Pages.start();
  world = await openWorld();
  reading = await readOrganization(await world.connect('deployer'), ORG);
  audit = auditOf(reading, new Date('2026-12-31T10:00:00Z'));
});

afterAll(async () => {
  await pages.close();
  await world.foundation.close();
});

const open = async (document: OrganizationAudit, withScripts = true): Promise<Page> =>
  pages.open(await organizationPage(document), withScripts);

test('the page sends no requests and has no errors, and axe finds nothing', async () => {
  await pages.expectClean(await organizationPage(audit));
});

test('the visible rows are filtered and sorted', async () => {
  const page = await open(audit);
  const names = () =>
    texts(page, '#applications tbody th').then((all) => all.map((text) => text.replace(/\s+why$/, '')));
  expect(await names()).toEqual(['web', 'worker', 'proxy', 'tool']);
  await page.type('#filter', 'front. API.example');
  expect(await names()).toEqual(['web']);
  expect(await texts(page, '#shown')).toEqual(['1 of 4 applications']);
  await page.$eval('#filter', (input) => ((input as unknown as { value: string }).value = ''));
  await page.select('#way', 'directly');
  await page.click('#applications thead th:first-child button');
  await page.click('#applications thead th:first-child button');
  expect(await names()).toEqual(['tool', 'proxy']);
  await page.close();
});

test('a pair can be chosen by keyboard or by clicks in the picture, and is explained', async () => {
  const page = await open(audit);
  await page.focus('#from');
  await page.keyboard.type(`${ORG}/closed/web`);
  await page.keyboard.press('Tab');
  await page.keyboard.type(`${ORG}/closed/worker`);
  await page.keyboard.press('Enter');
  expect(await texts(page, '#answer')).toEqual([
    `${ORG}/closed/web to ${ORG}/closed/worker: yesa network policy opens tcp 8080 of worker to web`,
  ]);
  await page.click(`svg [data-id="${ORG}/closed/web"]`);
  await page.click('svg [data-id="the internet"]');
  expect((await texts(page, '#answer'))[0]).toContain(`through ${ORG}/open/proxy: api.example.gov:443`);
  await page.close();
});

test('the page explains each pair as the command does', async () => {
  const page = await open(audit);
  const model = new Model(factsOf(reading.resources));
  const ids = [...model.applications.keys()];
  for (const [from, to] of ids.flatMap((one) => ids.map((other) => [one, other] as const))) {
    const said = (await page.evaluate(`explainPair(${JSON.stringify(from)}, ${JSON.stringify(to)})`)) as {
      answer: string;
      reasons: string[];
    };
    const { answer, reasons } = explain(model, from, to);
    expect([from, to, said.answer]).toEqual([from, to, answer]);
    const without = (all: readonly string[]) =>
      all.map((reason) => reason.replace(/^(?:the|a) network policy(?: \(.*?\))?/, 'a policy'));
    expect(without(said.reasons).slice(0, reasons.length)).toEqual(without(reasons));
  }
  await page.close();
});

test('without scripts, everything can be read, and there are no controls that do nothing', async () => {
  const page = await open(audit, false);
  expect(await texts(page, 'form, #answer')).toEqual([]);
  expect(await texts(page, '#applications tbody th')).toEqual(
    ['web', 'worker', 'proxy', 'tool'].map((name) => expect.stringContaining(name) as string),
  );
  await page.close();
});

test('names that are markup are text', async () => {
  const evil = '</script><script>window.hit=1</script><img src=x onerror=window.hit=1>"\'';
  const renamed = JSON.parse(
    JSON.stringify(audit).replaceAll('closed/web', JSON.stringify(`closed/${evil}`).slice(1, -1)),
  ) as OrganizationAudit;
  const page = await open(renamed);
  expect(await page.evaluate('window.hit')).toBeUndefined();
  expect((await texts(page, '#applications tbody th'))[0]).toContain('onerror=window.hit=1');
  await page.close();
});
