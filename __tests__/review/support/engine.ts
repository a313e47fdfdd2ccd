import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LOCK_FILE } from '../../../review/admission/lock';

/** The result of an expression that the engine refuses. */
export const REFUSED = '(the engine refuses it)';

/**
 * The engine's result for each expression in a program: JSON, or {@link REFUSED}; undefined if it is known after apply.
 */
export function outputsOf(engine: string, program: object, expressions: readonly string[]): (string | undefined)[] {
  const folder = mkdtempSync(join(tmpdir(), 'outputs-'));
  try {
    const output = Object.fromEntries(
      expressions.map((each, index) => [`o${index}`, { value: `\${try(jsonencode(${each}), "${REFUSED}")}` }]),
    );
    writeFileSync(join(folder, 'main.tf.json'), JSON.stringify({ ...program, output }));
    const run = (...args: string[]): string =>
      execFileSync(engine, args, {
        cwd: folder,
        // Otherwise, standard output could contain messages about the machine's own settings.
        env: { ...process.env, TF_CLI_CONFIG_FILE: '/dev/null' },
        maxBuffer: 2 ** 28,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    run('plan', '-input=false', '-no-color', '-out=plan');
    const { planned_values } = JSON.parse(run('show', '-json', 'plan')) as {
      planned_values: { outputs: Readonly<Record<string, { value?: string }>> };
    };
    return expressions.map((_, index) => planned_values.outputs[`o${index}`]?.value);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

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
