import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { authorityPath, createAuthority, issue, loadAuthority } from '../src/authority';

const DAY = 24 * 3600 * 1000;

describe('the certificate authority', () => {
  let dir: string;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'ca-'));
  });

  afterEach(async () => {
    await rm(dir, { recursive: true, force: true });
  });

  it('may sign certificates and nothing else', async () => {
    const authority = new X509Certificate((await createAuthority('authority of test')).certificate);
    expect(authority.ca).toBe(true);
    expect(authority.verify(authority.publicKey)).toBe(true);
    expect(authority.subject).toBe('O=space-egress\nCN=authority of test');
  });

  it('issues server certificates that are valid only for their names', async () => {
    const pair = await createAuthority('authority of test');
    const authority = new X509Certificate(pair.certificate);
    const leaf = new X509Certificate((await issue(pair, ['www.example.com', '*.s3.example.com'])).certificate);
    expect(leaf.checkIssued(authority)).toBe(true);
    expect(leaf.verify(authority.publicKey)).toBe(true);
    expect(leaf.ca).toBe(false);
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(leaf.subjectAltName).toBe('DNS:www.example.com, DNS:*.s3.example.com');
    expect(leaf.checkHost('bucket.s3.example.com')).toBe('*.s3.example.com');
    expect(leaf.checkHost('example.com')).toBeUndefined();
  });

  it('is valid now, even for a clock some hours behind, and its servers for less than 398 days', async () => {
    const pair = await createAuthority('authority of test');
    const { certificate } = await issue(pair, ['www.example.com']);
    for (const text of [pair.certificate, certificate]) {
      expect(Date.parse(new X509Certificate(text).validFrom)).toBeLessThan(Date.now() - DAY / 2);
    }
    const leaf = new X509Certificate(certificate);
    expect(Date.parse(leaf.validTo) - Date.parse(leaf.validFrom)).toBeLessThan(398 * DAY);
    expect(Date.parse(leaf.validTo)).toBeGreaterThan(Date.now() + 300 * DAY);
  });

  it('gives each certificate a unique serial number', async () => {
    const pair = await createAuthority('authority of test');
    const leaves = await Promise.all(Array.from({ length: 20 }, () => issue(pair, ['a.example'])));
    expect(new Set(leaves.map(({ certificate }) => new X509Certificate(certificate).serialNumber)).size).toBe(20);
  });

  it('is the same after a restart, with a key that only its owner can read', async () => {
    const first = await loadAuthority(dir, 'platform', 'test');
    expect(await loadAuthority(dir, 'platform', 'test')).toEqual(first);
    expect(await readFile(authorityPath(dir, 'platform'), 'utf8')).toBe(first.certificate);
    expect((await stat(join(dir, 'ca', 'platform.key'))).mode & 0o777).toBe(0o600);
  });

  it('is recreated if a start was interrupted between key and certificate', async () => {
    await loadAuthority(dir, 'platform', 'test');
    await rm(authorityPath(dir, 'platform'));
    const second = await loadAuthority(dir, 'platform', 'test');
    const leaf = new X509Certificate((await issue(second, ['a.example'])).certificate);
    expect(leaf.verify(new X509Certificate(second.certificate).publicKey)).toBe(true);
  });
});
