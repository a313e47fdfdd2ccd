import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tls from 'node:tls';
import { promisify } from 'node:util';

/** The path of a file in the format of apt's `sources.list`. */
const VARIABLE = 'EGRESS_APT_SOURCES';
/** `deb [options] URL suite component...` */
const LINE = /^deb (?:\[[^\]]+\] )?(https?:\/\/\S+) \S+(?: \S+)+$/;

/** The machine's mirrors of the stack's packages, for staging; empty to use the stack's own. */
export async function readAptSources(env: NodeJS.ProcessEnv = process.env): Promise<readonly string[]> {
  const file = env[VARIABLE] ?? '';
  if (file === '') return [];
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new Error(
      `${VARIABLE} is '${file}', which can't be read (${(error as Error).message}): set it to the path of a sources.list`,
    );
  });
  return parseAptSources(text, `${VARIABLE} '${file}'`);
}

export function parseAptSources(text: string, from: string): readonly string[] {
  const lines = text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim().replace(/\s+/g, ' '))
    .filter((line) => line !== '');
  if (lines.length === 0) throw new Error(`${from} has no sources: add a line deb URL SUITE COMPONENT..., or unset it`);
  for (const line of lines) {
    const url = urlOf(line);
    if (url === undefined) {
      throw new Error(`${from} has '${line}': write deb URL SUITE COMPONENT..., with http or https`);
    }
    if (url.username !== '' || url.password !== '') {
      throw new Error(
        `${from} has credentials for ${url.host}: staging logs its mirrors, so use one without a password`,
      );
    }
  }
  return lines;
}

/** The URLs in the lines. */
export function mirrorsOf(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => urlOf(line)?.href ?? []);
}

function urlOf(line: string): URL | undefined {
  const [, url = ''] = LINE.exec(line) ?? [];
  return URL.canParse(url) ? new URL(url) : undefined;
}

/** The registry and trusted certificates of the machine's npm. */
interface NpmSettings {
  /** Absent for the public registry. */
  readonly registry?: string;
  readonly cafile?: string;
  readonly ca: readonly string[];
}

const PUBLIC_REGISTRY = 'https://registry.npmjs.org/';

export function parseNpmSettings(json: string): NpmSettings {
  const { registry, cafile, ca } = JSON.parse(json) as { registry?: string; cafile?: string; ca?: string | string[] };
  return {
    ...(registry && registry !== PUBLIC_REGISTRY && { registry }),
    ...(cafile && { cafile }),
    ca: [ca ?? []].flat().map((pem) => pem.replaceAll('\\n', '\n')),
  };
}

export async function readNpmSettings(): Promise<NpmSettings> {
  try {
    const { stdout } = await promisify(execFile)('npm', ['config', 'list', '--json'], { timeout: 20_000 });
    return parseNpmSettings(stdout);
  } catch {
    // npm is not installed.
    return { ca: [] };
  }
}

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
