import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const PREPARE = join(__dirname, '../../squid/prepare');

/** Runs `prepare render` on this machine, with nothing else in its environment. */
export function render(environment: Readonly<Record<string, string>>) {
  const { PATH = '' } = process.env;
  return spawnSync('perl', [PREPARE, 'render'], { env: { PATH, ...environment }, encoding: 'utf8' });
}

/** The rules for a valid allowlist. */
export function rulesFor(lines: readonly string[]): string {
  const { status, stdout, stderr } = render({ EGRESS_ALLOW: lines.join('\n') });
  if (status !== 0) throw new Error(`prepare refused ${JSON.stringify(lines)}: ${stderr}`);
  return stdout;
}
