import { Failure } from './failure';

/** For commands that the environment alone configures: an argument that goes unnoticed would be one that is obeyed. */
export function refuseArguments(command: string, args: readonly string[], remedy: string): void {
  const [unknown] = args;
  if (unknown === undefined) return;
  throw new Failure(`${command} takes no argument, got "${unknown}"`, 'the environment alone configures it', remedy);
}
