import { render } from '../rules';

const GOOD = { EGRESS_FORWARD: 'smtp.example.org:587/tcp', EGRESS_FORWARD_PORT: '10587' };

test("haproxy's configuration has only one host and port, and where to listen", () => {
  const { status, stdout } = render(GOOD);
  expect(status).toBe(0);
  expect(stdout.split('\n').filter((line) => /HOST|PORT|LISTEN|RULE/.test(line))).toEqual([
    '  setenv FORWARD_HOST smtp.example.org',
    '  setenv FORWARD_LISTEN 10587',
    '  setenv FORWARD_PORT 587',
    '  setenv FORWARD_RULE listed',
  ]);
});

test('private addresses are closed, and with a range, everything else is', () => {
  const closed = (line: string) =>
    render({ ...GOOD, EGRESS_FORWARD: line })
      .stdout.split('\n')
      .filter((each) => /^\d/.test(each));
  expect(closed('smtp.example.org:587/tcp')).toEqual(
    expect.arrayContaining(['10.0.0.0/8', '127.0.0.0/8', '168.63.129.16/32', '169.254.0.0/16']),
  );
  const within = closed('smtp.example.org:587/tcp@100.64.0.0/10');
  expect(within).toEqual(expect.arrayContaining(['0.0.0.0/2', '128.0.0.0/1', '100.100.100.200/32']));
  expect(within).not.toContain('100.64.0.0/10');
});

test.each([
  ['32m', 128],
  ['64m', 640],
  ['1024m', 10_000],
  ['', 640],
])('of %s memory there are %i connections', (limit, most) => {
  expect(render({ ...GOOD, MEMORY_LIMIT: limit }).stdout).toContain(`FORWARD_MOST ${most}\n`);
});

test.each([
  [{ EGRESS_FORWARD: '' }, 'EGRESS_FORWARD: "" is empty: name one host and its port'],
  [{ EGRESS_FORWARD: '.example.org:587/tcp' }, '".example.org:587/tcp" is a domain: name one host'],
  [{ EGRESS_FORWARD: 'smtp.example.org:25,587/tcp' }, 'has several ports: name one'],
  [{ EGRESS_FORWARD: 'smtp.example.org:587/tcp until 2026-12-31' }, 'has an end: an application forwards'],
  [{ EGRESS_FORWARD: 'smtp.example.org:587' }, 'so write smtp.example.org:587/tcp'],
  [{ EGRESS_FORWARD: 'a.org:587/tcp\nb.org:587/tcp' }, 'EGRESS_FORWARD: "a.org:587/tcp\\x0ab.org:587/tcp"'],
  [{ EGRESS_FORWARD: 'smtp.example.org:587/tcp@0.0.0.0/0' }, 'has the range 0.0.0.0/0, which is not private'],
  [{ EGRESS_FORWARD: '192.0.2.1:587/tcp' }, 'is an IP address: write the host name'],
  [{ EGRESS_FORWARD: 'smtp.example.org:587/tcp\n' }, 'has a space or a second line'],
  [{ EGRESS_FORWARD: 'smtp.example.org":587/tcp' }, 'has a character that no host name has'],
  [{ EGRESS_FORWARD: '${home}.org:587/tcp' }, 'has a character that no host name has'],
  [{ EGRESS_FORWARD_PORT: '587' }, 'EGRESS_FORWARD_PORT: "587" is not a port to listen on'],
  [{ EGRESS_FORWARD_PORT: '8080' }, 'use a number from 1024 to 65535 except 3128 8080'],
  [{ EGRESS_FORWARD_PORT: '10587\n' }, 'EGRESS_FORWARD_PORT: "10587\\x0a" is not a port to listen on'],
  [{ EGRESS_FORWARD_PORT: undefined }, 'EGRESS_FORWARD_PORT is not set'],
  [{ EGRESS_FORWARD: undefined }, 'EGRESS_FORWARD_PORT is set but EGRESS_FORWARD is not'],
  [{ EGRESS_ALLOW: 'www.example.org:443' }, 'EGRESS_FORWARD and EGRESS_ALLOW are both set'],
  [{ EGRESS_CREDENTIALS: 'web.1 x' }, 'EGRESS_FORWARD and EGRESS_CREDENTIALS are both set'],
])('nothing starts with %j', (change, message) => {
  const environment = Object.entries({ ...GOOD, ...change }).filter(([, value]) => value !== undefined);
  const { status, stdout, stderr } = render(Object.fromEntries(environment) as Record<string, string>);
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toContain(message);
});
