import { run } from './command';
import { Failure, reasonOf } from './failure';
import { canInstallPackages } from './platform';
import type { Report } from './progress';

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
