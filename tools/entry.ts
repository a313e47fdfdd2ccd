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
