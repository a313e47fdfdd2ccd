import { createHash } from 'node:crypto';
import { join } from 'node:path';

import fc from 'fast-check';

import type { Report, Row } from '../../app/types';
import { APP } from './support/stage';

const { renderPage, PAGE_POLICY } = jest.requireActual<{
  renderPage: (report: Report, keys: readonly string[]) => string;
  PAGE_POLICY: string;
}>(join(APP, 'src/page.js'));

const row: Row = {
  name: 'allowed site',
  kind: 'site',
  target: 'https://www.example.com/',
  way: 'proxy',
  expect: 'reached',
  seen: 'reached',
  detail: 'HTTP 200 OK',
  status: 200,
  ok: true,
  outcome: 'as expected',
  remedy: null,
  milliseconds: 12,
};
const report: Report = {
  app: { name: 'demo', space: 'restricted', organization: 'egress-demo', instance: 0 },
  posture: 'closed',
  proxy: 'http://egress-proxy.apps.internal:3128',
  ok: true,
  outcome: 'as expected',
  problems: [],
  at: '2026-01-02T03:04:05.678Z',
  probes: [row],
};

const wrong: Row = { ...row, ok: false, outcome: 'not as expected' };
const unclear: Row = { ...row, ok: false, outcome: 'inconclusive', remedy: 'look at the DNS' };
const unsure: Report = { ...report, ok: false, outcome: 'inconclusive' };

/** The tags of a page, without their attributes' values. */
const tags = (page: string) => page.match(/<\/?[a-z0-9]+/g);

test('no value from the environment or the network becomes markup', () => {
  const hostile = fc.stringMatching(/^[<>"'&a/=]{1,12}$/);
  const plain = renderPage({ ...report, problems: ['x'] }, ['x']);
  fc.assert(
    fc.property(hostile, (text) => {
      const probes = [{ ...row, name: text, target: text, detail: text }];
      const app = { name: text, space: text, organization: text, instance: 0 };
      const page = renderPage({ ...report, app, posture: text, proxy: text, problems: [text], probes }, [text]);
      expect(tags(page)).toEqual(tags(plain));
      expect(page.match(/"/g)).toHaveLength(plain.match(/"/g)?.length ?? 0);
    }),
  );
});

test('says in words at the top whether everything is as expected', () => {
  expect(renderPage(report, [])).toContain('✓ All 1 probes ended as expected.');
  const differing: Report = { ...report, ok: false, outcome: 'not as expected', probes: [row, wrong, unclear] };
  expect(renderPage(differing, [])).toContain(
    '✗ 1 of 3 probes did not end as expected. 1 of 3 probes is inconclusive.',
  );
});

test("a probe that couldn't run is neither a leak nor a success, and says what to do", () => {
  const page = renderPage({ ...unsure, probes: [row, unclear] }, []);
  expect(page).toContain('<title>? Egress of demo</title>');
  expect(page).toContain('<strong>? 1 of 2 probes is inconclusive.</strong>');
  expect(page).toContain('<li>allowed site: look at the DNS</li>');
  expect(page).not.toMatch(/✗|All 2/);
});

test('marks each row with a symbol and a word, not only with color', () => {
  const page = renderPage({ ...report, ok: false, outcome: 'not as expected', probes: [row, wrong, unclear] }, []);
  expect(page.match(/>(✓ yes|✗ no|\? inconclusive)</g)).toEqual(['>✓ yes<', '>✗ no<', '>? inconclusive<']);
});

test('shows problems of the environment instead of a verdict', () => {
  const page = renderPage({ ...unsure, problems: ['EGRESS_PROBES is not set'], probes: [] }, []);
  expect(page).toContain('EGRESS_PROBES is not set');
  expect(page).not.toMatch(/<table|✓/);
});

test('omits what is unknown about the application', () => {
  const unknown = { name: null, space: null, organization: null, instance: null };
  const page = renderPage({ ...report, app: unknown, posture: null, proxy: null }, []);
  expect(page.match(/<dt>[^<]+/g)).toEqual(['<dt>Proxy']);
  expect(page).not.toMatch(/null|undefined/);
});

test('links each object with and without the proxy, with its key encoded', () => {
  const page = renderPage(report, ['a folder/x?y.txt']);
  expect(page.match(/href="\/(no)?proxy\/[^"]*"/g)).toEqual([
    'href="/proxy/a%20folder%2Fx%3Fy.txt"',
    'href="/noproxy/a%20folder%2Fx%3Fy.txt"',
  ]);
});

test('allows only its own style', () => {
  const [, style = ''] = /<style>([^]*)<\/style>/.exec(renderPage(report, [])) ?? [];
  expect(PAGE_POLICY).toContain(`style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`);
  expect(PAGE_POLICY).toContain("default-src 'none'");
  expect(style.length).toBeGreaterThan(100);
});

test('loads nothing from elsewhere', () => {
  expect(renderPage({ ...report, probes: [] }, [])).not.toMatch(/<script|<img|<link rel="stylesheet"|@import|url\(/);
});
