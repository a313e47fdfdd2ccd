import { X509Certificate } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tls from 'node:tls';
import type { NpmSettings } from './npm-settings';

/** Where administrators of Debian and Red Hat add a company's own certificates. */
const ANCHOR_DIRS = ['/usr/local/share/ca-certificates', '/etc/pki/ca-trust/source/anchors'];
const ANCHOR_VARIABLES = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE'];
const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

function fingerprint(pem: string): string | undefined {
  try {
    return new X509Certificate(pem).fingerprint256;
  } catch {
    // Bundles contain malformed certificates, which nothing can trust.
    return undefined;
  }
}

/** The certificates in the bundles but not in `known`, each once, in order of their fingerprints. */
export function extraCertificates(bundles: readonly string[], known: readonly string[]): string[] {
  const familiar = new Set(known.map(fingerprint));
  const extra = new Map<string, string>();
  for (const pem of bundles.flatMap((bundle) => bundle.match(PEM) ?? [])) {
    const print = fingerprint(pem);
    if (print !== undefined && !familiar.has(print)) extra.set(print, `${pem}\n`);
  }
  return [...extra].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, pem]) => pem);
}

async function anchorFiles(dir: string): Promise<string[]> {
  const names = await readdir(dir).catch(() => []);
  return names.filter((name) => /\.(crt|pem)$/.test(name)).map((name) => join(dir, name));
}

/** The machine's trusted certificates that aren't public, which containers need behind a company's TLS inspection. */
export async function hostCertificates(npm: NpmSettings): Promise<string> {
  const named = [...ANCHOR_VARIABLES.map((name) => process.env[name]), npm.cafile].filter((path) => path !== undefined);
  const dirs = await Promise.all(ANCHOR_DIRS.map(anchorFiles));
  const files = [...new Set([...named, ...dirs.flat()])];
  const bundles = await Promise.all(files.map((path) => readFile(path, 'utf8').catch(() => '')));
  return extraCertificates([...bundles, ...npm.ca], tls.rootCertificates).join('');
}
