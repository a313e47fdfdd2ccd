import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** The root of the checkout. */
export const REPOSITORY = resolve(__dirname, '..');

/** An operating system and a processor, under Go's names, which engines, providers and container engines share. */
export interface Platform {
  readonly os: string;
  readonly arch: string;
}

const GO_OS: Readonly<Record<string, string>> = { win32: 'windows' };
const GO_ARCH: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

/** The machine this runs on. */
export const host: Platform = {
  os: GO_OS[process.platform] ?? process.platform,
  arch: GO_ARCH[process.arch] ?? process.arch,
};

/** The file name of an executable on a platform. */
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
