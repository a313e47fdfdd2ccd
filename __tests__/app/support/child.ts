import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';

import { APP, type Env } from './stage';

/** The application in a separate process, listening. */
export class Child {
  readonly log: string[] = [];
  url = '';
  private readonly lines: Interface;
  private readonly silent: Promise<[]>;

  private constructor(private readonly process: ChildProcess) {
    if (process.stdout === null) throw new Error('the application has no output to read');
    this.lines = createInterface({ input: process.stdout }).on('line', (line) => this.log.push(line));
    this.silent = once(this.lines, 'close') as Promise<[]>;
  }

  static async start(command: readonly string[], env: Env): Promise<Child> {
    const [program = '', ...args] = command;
    const started = spawn(program, args, {
      cwd: APP,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, NODE_NO_WARNINGS: '1', PORT: '0', ...env },
      // A separate process group, so that npm's children end with it, and a channel for report-memory.js.
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    const child = new Child(started);
    const [, port = ''] = await child.logged(/^listening on (\d+)$/);
    child.url = `http://127.0.0.1:${port}`;
    return child;
  }

  /** Resolves when a line of the log matches; fails if the application ends without one. */
  async logged(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      for (const line of this.log) {
        const match = pattern.exec(line);
        if (match !== null) return match;
      }
      const [line] = (await Promise.race([once(this.lines, 'line'), this.silent])) as [string?];
      if (line === undefined) throw new Error(`the application ended without ${pattern}: ${this.log.join(' | ')}`);
    }
  }

  /** Its peak memory, in bytes, if the process loads report-memory.js. */
  async peakMemory(): Promise<number> {
    const answered = once(this.process, 'message') as Promise<[{ peak: number }]>;
    this.process.send('peak?');
    return (await answered)[0].peak;
  }

  signal(name: NodeJS.Signals): void {
    this.process.kill(name);
  }

  /** Resolves with the exit code, or the name of the signal that killed it. */
  async ended(): Promise<number | string | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) await once(this.process, 'exit');
    return this.process.exitCode ?? this.process.signalCode;
  }

  /** Ends it and everything that it started, whatever it is doing. */
  async kill(): Promise<void> {
    if (this.process.pid === undefined) return;
    try {
      process.kill(-this.process.pid, 'SIGKILL');
    } catch {
      // The whole group has already ended.
    }
    await this.ended();
  }
}
