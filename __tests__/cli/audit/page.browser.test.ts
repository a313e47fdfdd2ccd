/** The page of an organization, in a browser: `npm run test:page`, or with the path of one in CHROMIUM. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'puppeteer-core';
import { auditOf } from '../../../review/organization/audit';
import type { OrganizationAudit } from '../../../review/organization/document';
import { organizationPage } from '../../../review/organization/page/page';
import { readOrganization, type Reading } from '../../../review/organization/read';
import { explain } from '../../../review/explain';
import { Model } from '../../../review/model/model';
import { factsOf } from '../../../review/readers/resources';
import { openWorld, type World } from './world';

const CHROMIUM = [process.env.CHROMIUM ?? '', '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path) => path !== '' && existsSync(path),
);
const ORG = 'egress-demo';

let world: World;
let browser: Browser;
let reading: Reading;
let audit: OrganizationAudit;
let folder: string;
const requests: string[] = [];
const errors: string[] = [];

beforeAll(async () => {
  if (CHROMIUM === undefined)
    throw new Error('there is no browser: apt-get install chromium, or say where in CHROMIUM');
  const { launch } = await import('puppeteer-core');
  world = await openWorld();
  reading = await readOrganization(await world.connect('deployer'), ORG);
  audit = auditOf(reading, new Date('2026-12-31T10:00:00Z'));
  folder = mkdtempSync(join(tmpdir(), 'page-'));
  // Root may not start its sandbox, and the page is ours.
  browser = await launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
});

afterAll(async () => {
  await browser.close();
  await world.foundation.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(document: OrganizationAudit, withScripts = true): Promise<Page> {
  const file = join(folder, 'page.html');
  writeFileSync(file, await organizationPage(document));
  const page = await browser.newPage();
  await page.setJavaScriptEnabled(withScripts);
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.setViewport({ width: 1280, height: 900 });
  await page.goto(pathToFileURL(file).href);
  return page;
}

const texts = async (page: Page, selector: string): Promise<string[]> =>
  (await page.evaluate(
    `[...document.querySelectorAll(${JSON.stringify(selector)})]
      .filter((one) => one.checkVisibility())
      .map((one) => one.textContent.trim())`,
  )) as string[];

test('the page asks nobody for anything, says no error, and axe finds nothing', async () => {
  const page = await open(audit);
  // The policy of the page keeps scripts out that are not its own, and so the one of the test too.
  await page.setBypassCSP(true);
  await page.reload();
  await page.addScriptTag({ content: readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8') });
  const found = await page.evaluate(
    'axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })',
  );
  const { violations, passes } = found as {
    violations: { id: string; nodes: { html: string }[] }[];
    passes: unknown[];
  };
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
  expect(passes.length).toBeGreaterThan(20);
  expect(requests.filter((url) => !url.startsWith('file:'))).toEqual([]);
  expect(errors).toEqual([]);
  await page.close();
});

test('what is filtered and sorted is what stands there', async () => {
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

test('a pair is chosen by keys alone, and by clicks in the picture, and explained', async () => {
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

test('without scripts everything can be read, and nothing stands there that does nothing', async () => {
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
