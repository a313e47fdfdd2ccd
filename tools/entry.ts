import { Failure } from './failure';
import { endWithFailure } from './progress';

type Help = string | (() => Promise<string>);

/** Runs a command of `npm run`. With `--help`, it only prints the help; an error sets the exit code. */
export function enter(help: Help, main: (args: readonly string[]) => Promise<void>): void {
  const args = process.argv.slice(2);
  const asked = args.includes('--help') || args.includes('-h');
  (asked ? print(help) : main(args)).catch(endWithFailure);
}

async function print(help: Help): Promise<void> {
  process.stdout.write(`${typeof help === 'string' ? help : await help()}\n`);
}

/**
 * For commands that are configured only by environment variables: an ignored argument would look as if it had an
 * effect.
 */
export function refuseArguments(command: string, args: readonly string[], remedy: string): void {
  const [unknown] = args;
  if (unknown === undefined) return;
  throw new Failure(
    `${command} takes no argument, got "${unknown}"`,
    'it is configured only by environment variables',
    remedy,
  );
}
