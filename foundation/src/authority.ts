import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';

/**
 * A foundation's certificate authorities: one for the simulated internet, and the platform's own, which certifies
 * instances. Applications get both certificates in the same way as those that a platform trusts; nothing outside of the
 * foundation trusts them.
 */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

export type AuthorityName = 'internet' | 'platform';

const AUTHORITIES: Readonly<
  Record<AuthorityName, { readonly file: string; readonly title: (foundation: string) => string }>
> = {
  internet: { file: 'ca', title: (foundation) => `simulated internet of ${foundation}` },
  platform: { file: 'platform', title: (foundation) => `instances of ${foundation}` },
};

/** The content of a certificate besides its names. */
interface LeafOptions {
  /**
   * Milliseconds.
   *
   * @default - the longest that strict clients accept
   */
  readonly lifetime?: number;
  readonly address?: string;
  /** Organizational units of the subject. */
  readonly units?: readonly string[];
  /** Whether it is also a client certificate. */
  readonly client?: boolean;
}

const CURVE = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY = 24 * 3600 * 1000;
/** Longer than any local foundation exists. */
const CA_LIFETIME = 3650 * DAY;
/** Tolerance, since the clocks of a virtual machine and its host may differ. */
const SKEW = DAY;
/** The longest that strict clients accept for a server. */
const LEAF_LIFETIME = 397 * DAY - SKEW;

type Key = webcrypto.CryptoKey;

function validity(lifetime: number): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - SKEW), notAfter: new Date(now + lifetime) };
}

/** 16 bytes, positive, without leading zeros, which every parser accepts. */
function serialNumber(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}

async function exportKey(key: Key): Promise<string> {
  return `${x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`;
}

async function importKey(pem: string): Promise<Key> {
  const der = x509.PemConverter.decodeFirst(pem);
  return await webcrypto.subtle.importKey('pkcs8', der, CURVE, false, ['sign']);
}

export async function createAuthority(title: string): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(CURVE, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ O: ['space-egress'] }, { CN: [title] }],
    ...validity(CA_LIFETIME),
    keys,
    signingAlgorithm: CURVE,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: `${certificate.toString('pem')}\n`, key: await exportKey(keys.privateKey) };
}

/** Issues a server's certificate. The first name is its subject; names may begin with `*.`. */
export async function issue(
  authority: KeyPair,
  names: readonly [string, ...string[]],
  { lifetime = LEAF_LIFETIME, address, units = [], client = false }: LeafOptions = {},
): Promise<KeyPair> {
  const issuer = new x509.X509Certificate(authority.certificate);
  const keys = await webcrypto.subtle.generateKey(CURVE, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [...units.map((unit) => ({ OU: [unit] })), { CN: [names[0]] }],
    issuer: issuer.subjectName,
    ...validity(lifetime),
    publicKey: keys.publicKey,
    signingKey: await importKey(authority.key),
    signingAlgorithm: CURVE,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([
        x509.ExtendedKeyUsage.serverAuth,
        ...(client ? [x509.ExtendedKeyUsage.clientAuth] : []),
      ]),
      new x509.SubjectAlternativeNameExtension([
        ...names.map((value) => ({ type: 'dns' as const, value })),
        ...(address === undefined ? [] : [{ type: 'ip' as const, value: address }]),
      ]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
    ],
  });
  return { certificate: `${certificate.toString('pem')}\n`, key: await exportKey(keys.privateKey) };
}

/** The path of the certificate that applications trust. */
export function authorityPath(dataDir: string, authority: AuthorityName): string {
  return join(dataDir, 'ca', `${AUTHORITIES[authority].file}.crt`);
}

function keyPath(dataDir: string, authority: AuthorityName): string {
  return join(dataDir, 'ca', `${AUTHORITIES[authority].file}.key`);
}

/** Loads the authority from the folder, or creates it at the first call. */
export async function loadAuthority(dataDir: string, authority: AuthorityName, foundation: string): Promise<KeyPair> {
  await mkdir(join(dataDir, 'ca'), { recursive: true });
  try {
    // The certificate is written last, so if it exists, the key does too.
    const certificate = await readFile(authorityPath(dataDir, authority), 'utf8');
    return { certificate, key: await readFile(keyPath(dataDir, authority), 'utf8') };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const made = await createAuthority(AUTHORITIES[authority].title(foundation));
  await replaceFile(keyPath(dataDir, authority), made.key, 0o600);
  await replaceFile(authorityPath(dataDir, authority), made.certificate, 0o644);
  return made;
}

async function replaceFile(path: string, content: string, mode: number): Promise<void> {
  await writeFile(`${path}.new`, content, { mode });
  await rename(`${path}.new`, path);
}
