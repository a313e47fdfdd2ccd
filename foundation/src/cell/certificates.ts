import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type Docker from 'dockerode';
import type { KeyPair } from '../authority';
import { putFiles, readContainerFile } from './engine';

/** Where the platform puts the operator's trusted certificates, for every kind of application. */
export const SYSTEM_CERTIFICATES = '/etc/cf-system-certificates';
/** Debian's certificate store. */
export const CERTIFICATE_STORE = '/etc/ssl/certs/ca-certificates.crt';

/** The certificate authorities of the simulated internet, of instances, and those that the host machine adds. */
const SOURCES = ['ca.crt', 'platform.crt', 'host-extra.crt'];

/** Where an instance finds its own certificate and key. */
export const IDENTITY = {
  certificate: '/etc/cf-instance-credentials/instance.crt',
  key: '/etc/cf-instance-credentials/instance.key',
} as const;

/** As on the platform, every user in the container can read the files. */
export async function installIdentity(container: Docker.Container, { certificate, key }: KeyPair): Promise<void> {
  await putFiles(container, '/', [
    { name: 'etc/cf-instance-credentials/' },
    { name: IDENTITY.certificate.slice(1), content: certificate },
    { name: IDENTITY.key.slice(1), content: key },
  ]);
}

export async function trustedCertificates(dataDir: string): Promise<readonly string[]> {
  const contents = await Promise.all(
    SOURCES.map((name) =>
      readFile(join(dataDir, 'ca', name), 'utf8').catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }),
    ),
  );
  return contents.filter((content) => content !== undefined && content.trim() !== '') as string[];
}

/** Adds the files to every container, and to the store of the stack, but not of docker images. */
export async function installCertificates(
  container: Docker.Container,
  certificates: readonly string[],
  into: 'image' | 'stack',
): Promise<void> {
  if (certificates.length === 0) return;
  const folder = SYSTEM_CERTIFICATES.slice(1);
  await putFiles(container, '/', [
    { name: `${folder}/` },
    ...certificates.map((content, index) => ({ name: `${folder}/trusted-ca-${index + 1}.crt`, content })),
  ]);
  if (into === 'stack') {
    const store = (await readContainerFile(container, CERTIFICATE_STORE))?.toString('utf8') ?? '';
    await putFiles(container, '/', [
      { name: CERTIFICATE_STORE.slice(1), content: [store, ...certificates].join('\n') },
    ]);
  }
}
