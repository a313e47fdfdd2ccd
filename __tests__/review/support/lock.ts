import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LOCK_FILE } from '../../../review/admission/lock';

/** The lock file that an engine creates for what it installs here, as on a default branch. */
export function lockOf(engine: string, env: NodeJS.ProcessEnv, sources: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'lock-'));
  try {
    const providers = Object.fromEntries(sources.map((source) => [source.split('/')[1] ?? '', { source }]));
    writeFileSync(join(folder, 'main.tf.json'), JSON.stringify({ terraform: { required_providers: providers } }));
    execFileSync(engine, [`-chdir=${folder}`, 'init', '-input=false'], { env, stdio: 'pipe' });
    return readFileSync(join(folder, LOCK_FILE), 'utf8');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
