import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../../tools/platform';
import { faultsOf, readArguments, readChangelog, rewrite, rowsOf, SUBJECTS } from '../../tools/vulnerabilities';

const CHANGELOG = `squid (6.13-2+deb13u3) trixie; urgency=medium

  * CVE-2026-33515

 -- Somebody <somebody@debian.org>  Thu, 03 Sep 2026 22:51:56 +0200

squid (6.13-2+deb13u2) trixie-security; urgency=medium

  * CVE-2026-33515
  * Fix CVE-2026-47729, CVE-2026-50012.

 -- Somebody <somebody@debian.org>  Fri, 19 Jun 2026 18:54:11 +0200
`;
const FIXES = readChangelog(CHANGELOG);

test('a changelog shows which package fixes what; if several do, the latest counts', () => {
  expect(FIXES).toEqual([
    { cve: 'CVE-2026-33515', version: '6.13-2+deb13u3' },
    { cve: 'CVE-2026-47729', version: '6.13-2+deb13u2' },
    { cve: 'CVE-2026-50012', version: '6.13-2+deb13u2' },
  ]);
});

test('a page is wrong if a vulnerability has no row, no affected part, or another version', () => {
  const row = (cve: string, version: string, part: string) => `| ${cve} | ${version} | ${part} |  |\n`;
  const page = `\n${row('CVE-2026-33515', '6.13-2+deb13u2', 'ICP')}${row('CVE-2026-47729', '6.13-2+deb13u2', '?')}`;
  expect(faultsOf(page, FIXES)).toEqual([
    'CVE-2026-33515 is fixed in 6.13-2+deb13u3, not in 6.13-2+deb13u2',
    'CVE-2026-47729 does not say where it is',
    'CVE-2026-50012 has no row; 6.13-2+deb13u2 fixes it',
  ]);
});

test('an updated page keeps what people wrote, and marks what is missing', () => {
  const page = '# Title\n\n| vulnerability | fixed in |\n| --- | --- |\n| CVE-2026-33515 | ? | ICP | `icp_port 0` |\n';
  const written = rewrite(page, FIXES);
  expect(written.split('\n')).toEqual([
    '# Title',
    '',
    '| vulnerability | fixed in | where | also prevented by |',
    '| --- | --- | --- | --- |',
    '| CVE-2026-33515 | 6.13-2+deb13u3 | ICP | `icp_port 0` |',
    '| CVE-2026-47729 | 6.13-2+deb13u2 | ? |  |',
    '| CVE-2026-50012 | 6.13-2+deb13u2 | ? |  |',
    '',
  ]);
  expect(rewrite(written, FIXES)).toBe(written);
});

const CONFIGURATIONS = { squid: 'squid/squid.conf', haproxy: 'squid/forward/haproxy.cfg' };

test.each(SUBJECTS)(
  'the rows of $page name the affected part, and what they say is off in the configuration is off',
  (subject) => {
    const configuration = readFileSync(join(REPOSITORY, CONFIGURATIONS[subject.program]), 'utf8');
    const lines = configuration.split('\n').map((line) => line.trim());
    const rows = rowsOf(readFileSync(join(REPOSITORY, subject.page), 'utf8'));
    expect(rows.length).toBeGreaterThan(15);
    for (const { cve, part, besides } of rows) {
      expect([cve, part]).toEqual([cve, expect.stringMatching(/[a-z]{2}/i)]);
      const [, line] = /^`([^`]+)`$/.exec(besides) ?? [];
      if (line !== undefined) expect(lines).toContain(line);
    }
  },
);

test('the image keeps the changelog of each program that is compared', () => {
  const dockerfile = readFileSync(join(REPOSITORY, 'squid/Dockerfile'), 'utf8');
  for (const { changelog } of SUBJECTS) expect(dockerfile).toContain(`--path-include=${changelog} `);
});

test('exactly one image is compared', () => {
  expect(readArguments(['registry.example/proxy:1', '--write'])).toEqual({
    image: 'registry.example/proxy:1',
    write: true,
  });
  expect(() => readArguments([])).toThrow('is not an image');
});
