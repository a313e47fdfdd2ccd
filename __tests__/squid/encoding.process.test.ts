import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SQUID } from '../../constructs/app-source';
import { render } from './rules';
import { hashesOf } from './client';

const printed = (code: string): string =>
  execFileSync('perl', ['-I', join(SQUID, 'lib'), '-MEgress::Limits', '-MEgress::Log', '-e', code], {
    encoding: 'utf8',
  });

/** The whole configuration of squid, with every kind of line that a list can cause. */
const configuration = (): string[] =>
  [
    readFileSync(join(SQUID, 'squid.conf'), 'utf8'),
    printed('print Egress::Limits::from_environment({}, 1), Egress::Log::render("start")'),
    render({
      EGRESS_ALLOW: 'www.example.org:443 until 2026-12-31',
      EGRESS_CREDENTIALS: hashesOf('web.1'),
      EGRESS_CLIENTS: 'web web.example.org:443',
    }).stdout,
  ].flatMap((text) => text.split('\n'));

/** Codes that no client can influence: addresses, numbers, times, and configured names. */
const NOT_A_CLIENTS = [
  '%ACL',
  '%DATA',
  '%>a',
  '%>p',
  '%<a',
  '%ts',
  '%.3tS',
  '%03tu',
  '%{%Y-%m-%dT%H:%M:%S}tg',
  '%tr',
  '%>st',
  '%<st',
  '%>Hs',
  '%Ss',
  '%{client}note',
];

const codes = (line: string): string[] =>
  line.match(/%(?:[#'"]?[0-9.]*(?:\{[^}]*\})?(?:[<>]?[A-Z][A-Za-z]*|ssl::[<>]?[a-z_]+|[<>]?[a-z]+S?))/g) ?? [];

test('whatever a client can choose is URL-encoded, in each question to a helper and each line of the log', () => {
  const lines = configuration().filter((line) => /^(external_acl_type|logformat) /.test(line));
  const kinds = lines.map((line) => line.split(' ').slice(0, 2).join(' ')).sort();
  expect(kinds).toEqual([
    ...['before', 'credentials', 'crowd', 'plain', 'question', 'room', 'share', 'wait'].map(
      (name) => `external_acl_type ${name}`,
    ),
    ...['json', 'tunnel'].map((name) => `logformat ${name}`),
  ]);
  const all = lines.flatMap(codes);
  expect(all).toEqual(expect.arrayContaining(['%#{Proxy-Authorization}>h', '%#.300ssl::>sni', '%#.300>rd']));
  // Every percent sign is a part of a code that was found.
  expect(lines.join('').split('%')).toHaveLength(all.join('').split('%').length);
  expect(all.filter((code) => !code.startsWith('%#') && !NOT_A_CLIENTS.includes(code))).toEqual([]);
});

test("names that a client makes up take at most a megabyte of a question's cached answers", () => {
  const [question = ''] = configuration().filter((line) => line.startsWith('external_acl_type question '));
  const widths = [...question.matchAll(/%#\.?(\d*)/g)].map(([, width]) => Number(width));
  expect(widths).toHaveLength(2);
  const kept = Number(/ cache=(\d+) /.exec(question)?.[1]) * widths.reduce((sum, width) => sum + width, 0);
  expect(kept).toBeGreaterThan(0);
  expect(kept).toBeLessThanOrEqual(2 ** 20);
});
