import type { Command } from 'commander';

export interface Outcome {
  readonly out: string;
  readonly error: string;
  readonly code: number | string | undefined;
}

/** Runs a command as a user does, and returns its output and exit code. */
export async function runCommand(command: Command, args: readonly string[]): Promise<Outcome> {
  const printed = { out: '', error: '' };
  const stdout = jest
    .spyOn(process.stdout, 'write')
    .mockImplementation((text) => ((printed.out += String(text)), true));
  const stderr = jest
    .spyOn(process.stderr, 'write')
    .mockImplementation((text) => ((printed.error += String(text)), true));
  const before = process.exitCode;
  process.exitCode = 0;
  try {
    await command.parseAsync([...args], { from: 'user' });
    return { ...printed, code: process.exitCode };
  } finally {
    process.exitCode = before;
    stdout.mockRestore();
    stderr.mockRestore();
  }
}
