import { Failure } from './failure';

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
