import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const PRELOADS = [require.resolve('tsx/cjs'), require.resolve('../../testing/report-memory.js')];

/** A program in a separate process that prints the address where it listens. */
export class ServerProcess {
  private constructor(
    private readonly process: ChildProcess,
    readonly port: number,
  ) {}

  /** A TypeScript program of this repository. */
  static fromSource(program: string, args: readonly string[], env: Record<string, string>): Promise<ServerProcess> {
    const preloads = PRELOADS.flatMap((preload) => ['--require', preload]);
    return ServerProcess.start(process.execPath, [...preloads, program, ...args], { NODE_OPTIONS: '', ...env });
  }

  static async start(node: string, args: readonly string[], env: Record<string, string>): Promise<ServerProcess> {
    // The IPC channel for report-memory.js.
    const started = spawn(node, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    const ended = once(started, 'exit').then(([code]: unknown[]) => {
      throw new Error(`${args.join(' ')} ended with ${String(code)} before it listened`);
    });
    const listening = async (): Promise<number> => {
      for await (const line of createInterface({ input: started.stdout as NodeJS.ReadableStream })) {
        const [, port] = /listens on http:\/\/127\.0\.0\.1:(\d+)$/.exec(line) ?? [];
        if (port !== undefined) return Number(port);
      }
      return ended;
    };
    const port = await Promise.race([listening(), ended]);
    ended.catch(() => undefined);
    started.stdout?.resume();
    return new ServerProcess(started, port);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get isKilled(): boolean {
    return this.process.killed;
  }

  kill(): void {
    this.process.kill('SIGKILL');
  }

  /** Its peak memory, in MiB. */
  async peak(): Promise<number> {
    const answered = once(this.process, 'message') as Promise<[{ peak: number }]>;
    this.process.send('peak?');
    return (await answered)[0].peak / 1024 ** 2;
  }

  /** Resolves once no process of it is left that could hold or write a file. */
  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, 'exit');
    this.kill();
    await ended;
  }
}
