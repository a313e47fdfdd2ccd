import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';

/**
 * The certificate authority of the simulated internet. Applications get its certificate the way a platform hands out
 * its trusted certificates; nothing outside of the foundation ever trusts it.
 */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

const CURVE = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY = 24 * 3600 * 1000;
/** Longer than any local foundation lives. */
const CA_DAYS = 3650;
/** The longest that strict clients accept for a server. */
const LEAF_DAYS = 397;
/** Clocks of a virtual machine and its host differ. */
const SKEW = DAY;

type Key = webcrypto.CryptoKey;

function validity(days: number): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - SKEW), notAfter: new Date(now + days * DAY - SKEW) };
}

/** 16 bytes, positive, first bit of value set: what every parser takes. */
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

export async function createAuthority(name: string): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(CURVE, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ O: ['space-egress'] }, { CN: [`simulated internet of ${name}`] }],
    ...validity(CA_DAYS),
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

/** A server's certificate for the names, of which the first is its subject; `*.` is allowed as the first label. */
export async function issue(authority: KeyPair, names: readonly [string, ...string[]]): Promise<KeyPair> {
  const issuer = new x509.X509Certificate(authority.certificate);
  const keys = await webcrypto.subtle.generateKey(CURVE, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: [names[0]] }],
    issuer: issuer.subjectName,
    ...validity(LEAF_DAYS),
    publicKey: keys.publicKey,
    signingKey: await importKey(authority.key),
    signingAlgorithm: CURVE,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns' as const, value }))),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
    ],
  });
  return { certificate: `${certificate.toString('pem')}\n`, key: await exportKey(keys.privateKey) };
}

/** Where the certificate lies that applications are to trust. */
export function authorityPath(dataDir: string): string {
  return join(dataDir, 'ca', 'ca.crt');
}

function keyPath(dataDir: string): string {
  return join(dataDir, 'ca', 'ca.key');
}

/** The authority in the folder; made at the first call, and the same ever after. */
export async function loadAuthority(dataDir: string, name: string): Promise<KeyPair> {
  await mkdir(join(dataDir, 'ca'), { recursive: true });
  try {
    // The certificate is written last: where it is, the key is too.
    const certificate = await readFile(authorityPath(dataDir), 'utf8');
    return { certificate, key: await readFile(keyPath(dataDir), 'utf8') };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const authority = await createAuthority(name);
  await replaceFile(keyPath(dataDir), authority.key, 0o600);
  await replaceFile(authorityPath(dataDir), authority.certificate, 0o644);
  return authority;
}

async function replaceFile(path: string, content: string, mode: number): Promise<void> {
  await writeFile(`${path}.new`, content, { mode });
  await rename(`${path}.new`, path);
}
