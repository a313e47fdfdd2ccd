/** Clients that hold a certificate to the letter of RFC 5280 take those of the foundation. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { authorityPath, type AuthorityName, issue, type KeyPair, loadAuthority } from '../src/authority';
import { CERTIFICATE_LIFETIME, InstanceCertificates } from '../src/cell/instance-certificates';
import { portOf } from '../testing/system';
import { findOnPath } from '../../tools/command';

const run = promisify(execFile);
const NAME = 'proxy.apps.internal';

let folder: string;
const authorities = {} as Record<AuthorityName, KeyPair>;
const pairs = {} as Record<'server' | 'identity' | 'site', KeyPair>;

const path = (name: string): string => join(folder, name);
const trusted = (authority: AuthorityName): string => authorityPath(folder, authority);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strict-'));
  for (const name of ['platform', 'internet'] as const) authorities[name] = await loadAuthority(folder, name, 'test');
  const certificates = new InstanceCertificates(authorities.platform, CERTIFICATE_LIFETIME, () => undefined);
  const destinations = [{ appGuid: 'app', processType: 'web', port: 8080 }];
  certificates.replace([{ hostname: NAME, path: '', internal: true, destinations }]);
  const { server, identity } = await certificates.issue({
    instanceGuid: 'instance',
    appGuid: 'app',
    processType: 'web',
    spaceGuid: 'space',
    organizationGuid: 'organization',
    address: '10.255.0.16',
  });
  certificates.close();
  const site = await issue(authorities.internet, ['www.example.com', '*.s3.example.com']);
  Object.assign(pairs, { server, identity, site });
  for (const [name, { certificate, key }] of Object.entries(pairs)) {
    await writeFile(path(`${name}.crt`), certificate);
    await writeFile(path(`${name}.key`), key);
  }
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const verify = async (...args: readonly string[]): Promise<string> => {
  const { stdout } = await run('openssl', ['verify', '-x509_strict', '-check_ss_sig', ...args]);
  return stdout.trim();
};

test.each<[string, keyof typeof pairs, AuthorityName, readonly string[]]>([
  ['what an instance shows behind its internal route', 'server', 'platform', ['-purpose', 'sslserver']],
  ['the name of that route', 'server', 'platform', ['-verify_hostname', NAME]],
  ['what an instance shows to servers', 'identity', 'platform', ['-purpose', 'sslclient']],
  ['its address', 'identity', 'platform', ['-verify_ip', '10.255.0.16']],
  ['what a site of the simulated internet shows', 'site', 'internet', ['-purpose', 'sslserver']],
  ['the name of a bucket', 'site', 'internet', ['-verify_hostname', 'bucket.s3.example.com']],
])('openssl verify -x509_strict accepts %s', async (_what, name, authority, more) => {
  const file = path(`${name}.crt`);
  expect(await verify(...more, '-CAfile', trusted(authority), file)).toBe(`${file}: OK`);
});

test('openssl verify -x509_strict accepts the authorities, but no certificate with fewer extensions', async () => {
  for (const authority of ['platform', 'internet'] as const) {
    expect(await verify('-CAfile', trusted(authority), trusted(authority))).toContain(': OK');
  }
  const [key, request, extensions, bare] = ['key', 'csr', 'ext', 'crt'].map((end) => path(`bare.${end}`)) as [
    string,
    string,
    string,
    string,
  ];
  await writeFile(extensions, `subjectAltName = DNS:${NAME}\nauthorityKeyIdentifier = none\n`);
  const signing = ['-CA', trusted('platform'), '-CAkey', join(folder, 'ca', 'platform.key'), '-CAcreateserial'];
  await run('openssl', [
    'req',
    '-new',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-subj',
    `/CN=${NAME}`,
    '-keyout',
    key,
    '-out',
    request,
  ]);
  await run('openssl', ['x509', '-req', '-in', request, ...signing, '-extfile', extensions, '-out', bare]);
  await expect(verify('-CAfile', trusted('platform'), bare)).rejects.toThrow(/Missing Authority Key Identifier/i);
});

/** What Python 3.13 does unless told otherwise, said to any Python 3. */
const PYTHON = `
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[1])
context.verify_flags |= ssl.VERIFY_X509_STRICT
raw = socket.create_connection(("127.0.0.1", int(sys.argv[2])), 10)
with context.wrap_socket(raw, server_hostname=sys.argv[3]) as tls:
    print(tls.version())
`;

describe('a client in Python that verifies strictly', () => {
  const testHere = findOnPath('python3') === undefined ? test.skip : test;
  let server: Server;
  let port: string;

  beforeAll(async () => {
    const { certificate: cert, key } = pairs.server;
    server = createServer({ cert, key });
    port = String(await portOf(server));
  });

  afterAll(() => new Promise((closed) => server.close(closed)));

  const connect = (name: string): Promise<{ stdout: string }> =>
    run('python3', ['-c', PYTHON, trusted('platform'), port, name]);

  testHere('connects by the name of the internal route', async () => {
    expect((await connect(NAME)).stdout).toBe('TLSv1.3\n');
  });

  testHere('does not connect by another name', async () => {
    await expect(connect('other.apps.internal')).rejects.toThrow(/Hostname mismatch/);
  });
});
