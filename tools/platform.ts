import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { run } from './command';
import { Failure, reasonOf } from './failure';
import type { Report } from './progress';

export const REPOSITORY = resolve(__dirname, '..');

/** An operating system and a processor, under Go's names, which engines, providers and container engines share. */
export interface Platform {
  readonly os: string;
  readonly arch: string;
}

const GO_OS: Readonly<Record<string, string>> = { win32: 'windows' };
const GO_ARCH: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

export const host: Platform = {
  os: GO_OS[process.platform] ?? process.platform,
  arch: GO_ARCH[process.arch] ?? process.arch,
};

export const executable = (name: string, platform: Platform = host): string =>
  platform.os === 'windows' ? `${name}.exe` : name;

/** Whether this user can install packages with apt-get. */
export function canInstallPackages(): boolean {
  return process.getuid?.() === 0 && isDebian(readOsRelease());
}

/** `/etc/os-release` of Debian, Ubuntu and their derivatives. */
const isDebian = (osRelease: string): boolean => /^(?:ID|ID_LIKE)=.*\b(?:debian|ubuntu)\b/m.test(osRelease);

function readOsRelease(): string {
  try {
    return readFileSync('/etc/os-release', 'utf8');
  } catch {
    return '';
  }
}

// Maintainer scripts must not ask questions, nor wait for another apt-get that runs when a cloud machine starts.
const ENVIRONMENT = { DEBIAN_FRONTEND: 'noninteractive' };
const OPTIONS = ['-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120'];

/** Installs packages on Debian or Ubuntu as root; elsewhere it throws without trying. */
export async function installPackages(names: readonly string[], report: Report): Promise<void> {
  const what = `packages ${names.join(', ')} are not installed`;
  if (!canInstallPackages()) {
    throw new Failure(what, 'only root on Debian or Ubuntu can install them here', `install ${names.join(' and ')}`);
  }
  const env = { ...process.env, ...ENVIRONMENT };
  try {
    report(`apt-get install ${names.join(' ')}`);
    await run('apt-get', ['update', '-qq'], { env });
    await run('apt-get', ['install', ...OPTIONS, ...names], { env });
  } catch (error) {
    throw new Failure(what, reasonOf(error), `run "apt-get install ${names.join(' ')}" and read its messages`);
  }
}
