/**
 * An organization of the size that the audit is made for, read by the command as it is shipped: one file, one process.
 */
import { existsSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { launch } from 'puppeteer-core';
import { buildProgram } from '../tools/build-command';
import { type Benchmark, inScratch } from './benchmark';
import { startFilledFoundation, type FilledFoundation } from '@space-egress/foundation/testing';
import { describeTimes, measure, peakOf, PRINTS_PEAK, timeOf } from './times';

const APPLICATIONS = 1_000;
const IN_SPACE = 20;
const POLICIES = 5_000;
const PROXIES = 50;
const AT_ONCE = 500;
/** The limit of the platform with a rate limit. */
const REQUESTS_A_SECOND = 40;
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

export const benchmark: Benchmark = {
  what: 'the audit of an organization of 50 spaces, 1,000 applications and 5,000 policies',
  rounds: 3,
  run: (rounds, print) =>
    inScratch(async (folder) => {
      const foundation = await startFilledFoundation(APPLICATIONS, IN_SPACE);
      const limited = limit(foundation.url);
      try {
        await fill(foundation);
        const command = bundle(folder);
        const page = join(folder, 'audit.html');
        const args = ['--org', 'egress-demo', '--json', '--out', join(folder, 'audit.json'), '--html', page];
        await new Promise<void>((resolve) => limited.listen(0, '127.0.0.1', resolve));
        const { port } = limited.address() as AddressInfo;
        for (const [what, url] of [
          ['the audit', foundation.url],
          [`the audit at ${REQUESTS_A_SECOND} requests a second`, `http://127.0.0.1:${port}`],
        ] as const) {
          let memory = 0;
          const env = { CF_API_URL: url, CF_USER: foundation.admin.username, CF_PASSWORD: foundation.admin.password };
          const once = () =>
            timeOf(async () => (memory = Math.max(memory, (await peakOf([command, ...args], { env })).memory)));
          const times = await measure(url === foundation.url ? rounds : 1, once);
          print(describeTimes(what, times));
          print(`  at most ${memory} MiB of memory (bars: 120 s, 300 MiB)`);
        }
        const size = (file: string): string => `${(statSync(file).size / 2 ** 20).toFixed(1)} MiB`;
        print(`a page of ${size(page)}, JSON of ${size(join(folder, 'audit.json'))}`);
        if (existsSync(CHROMIUM)) print(describeTimes('the page opens in Chromium', await opened(page, rounds)));
        else print(`the page was not opened: there is no ${CHROMIUM}`);
      } finally {
        limited.close();
        limited.closeAllConnections();
        await foundation.close();
      }
    }),
};

/** Policies from each application to five others; one application in twenty has a list. */
async function fill({ url, token, guids }: FilledFoundation): Promise<void> {
  const send = async (method: string, path: string, body: object): Promise<void> => {
    const headers = { authorization: `bearer ${token}`, 'content-type': 'application/json' };
    const response = await fetch(`${url}${path}`, { method, headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path} answers ${response.status}: ${await response.text()}`);
  };
  const guid = (index: number): string => guids[index % guids.length] ?? '';
  const policies = Array.from({ length: POLICIES }, (_, index) => ({
    source: { id: guid(index) },
    destination: {
      id: guid(index * 20 + Math.floor(index / APPLICATIONS) * 7),
      protocol: 'tcp',
      ports: { start: 3128 + Math.floor(index / APPLICATIONS), end: 3128 + Math.floor(index / APPLICATIONS) },
    },
  }));
  for (let at = 0; at < policies.length; at += AT_ONCE) {
    await send('POST', '/networking/v1/external/policies', { policies: policies.slice(at, at + AT_ONCE) });
  }
  for (let proxy = 0; proxy < PROXIES; proxy += 1) {
    const list = Array.from({ length: 20 }, (_, line) => `host-${line}.site-${proxy}.example.gov:443`).join('\n');
    await send('PATCH', `/v3/apps/${guid(proxy * IN_SPACE)}/environment_variables`, { var: { EGRESS_ALLOW: list } });
  }
}

/** A platform that answers 429 above its limit, with the time to retry. */
function limit(url: string): Server {
  let [second, count] = [0, 0];
  return createServer((request, response) => {
    const now = Math.floor(Date.now() / 1000);
    [second, count] = now === second ? [second, count + 1] : [now, 1];
    if (count > REQUESTS_A_SECOND) {
      response.writeHead(429, { 'retry-after': '1' }).end('{"errors":[]}');
      return;
    }
    const { authorization = '', accept = '*/*' } = request.headers;
    void fetch(`${url}${request.url ?? ''}`, { headers: { authorization, accept } }).then(async (answer) => {
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
    });
  });
}

function bundle(folder: string): string {
  const outfile = join(folder, 'space-egress.js');
  const entry = `${PRINTS_PEAK}
    import { auditCommand } from './review/commands';
    import { CloudFoundry } from './cli/cloud-foundry';
    void auditCommand(() => CloudFoundry.connect(process.env)).parseAsync(process.argv.slice(2), { from: 'user' });`;
  buildProgram(entry, outfile);
  return outfile;
}

/** The times until the page is painted and its script has run. */
async function opened(file: string, rounds: number): Promise<number[]> {
  const browser = await launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  try {
    return [
      ...(await measure(rounds, async () => {
        const page = await browser.newPage();
        const time = await timeOf(async () => {
          await page.goto(pathToFileURL(file).href);
          await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))');
        });
        await page.close();
        return time;
      })),
    ];
  } finally {
    await browser.close();
  }
}
