import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type Docker from 'dockerode';
import type { KeyPair } from '../authority';
import { putFiles, readContainerFile } from './engine';

/** Where the platform puts the certificates that its operator trusts, for every kind of application. */
export const SYSTEM_CERTIFICATES = '/etc/cf-system-certificates';
/** Where Debian's programs look for them. */
export const CERTIFICATE_STORE = '/etc/ssl/certs/ca-certificates.crt';

/** The authorities of the simulated internet and of instances, and what the user's company adds on the machine. */
const SOURCES = ['ca.crt', 'platform.crt', 'host-extra.crt'];

/** What an instance may show to others as its own. */
export const IDENTITY = {
  certificate: '/etc/cf-instance-credentials/instance.crt',
  key: '/etc/cf-instance-credentials/instance.key',
} as const;

/** Readable for whoever the process is, as on the platform: nobody else sees the container's files. */
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

/** Every container gets the files; the stack's own store gets them appended, a docker image's is its own business. */
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
