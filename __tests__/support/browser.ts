import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'puppeteer-core';

const CHROMIUM = [process.env.CHROMIUM ?? '', '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path) => path !== '' && existsSync(path),
);

export class Pages {
  readonly requests: string[] = [];
  readonly errors: string[] = [];
  private readonly folder = mkdtempSync(join(tmpdir(), 'page-'));

  private constructor(private readonly browser: Browser) {}

  static async start(): Promise<Pages> {
    if (CHROMIUM === undefined) {
      throw new Error('there is no browser: apt-get install chromium, or say where in CHROMIUM');
    }
    const { launch } = await import('puppeteer-core');
    // Its sandbox doesn't work for root, and the page is our own.
    return new Pages(await launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] }));
  }

  async open(html: string, withScripts = true): Promise<Page> {
    const file = join(this.folder, 'page.html');
    writeFileSync(file, html);
    const page = await this.browser.newPage();
    await page.setJavaScriptEnabled(withScripts);
    page.on('request', (request) => this.requests.push(request.url()));
    page.on('console', (message) => this.errors.push(message.text()));
    page.on('pageerror', (error) => this.errors.push(String(error)));
    await page.setViewport({ width: 1280, height: 900 });
    await page.goto(pathToFileURL(file).href);
    return page;
  }

  /** Expects that the page sends no requests and has no errors, and that axe finds nothing. */
  async expectClean(html: string): Promise<void> {
    const page = await this.open(html);
    // The page's policy would also block the script of this test.
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
    expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
    expect(passes.length).toBeGreaterThan(20);
    expect(this.requests.filter((url) => !url.startsWith('file:'))).toEqual([]);
    expect(this.errors).toEqual([]);
    await page.close();
  }

  async close(): Promise<void> {
    await this.browser.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export const texts = async (page: Page, selector: string): Promise<string[]> =>
  (await page.evaluate(
    `[...document.querySelectorAll(${JSON.stringify(selector)})]
      .filter((one) => one.checkVisibility())
      .map((one) => one.textContent.trim())`,
  )) as string[];
