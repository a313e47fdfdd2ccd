import type { Duplex } from 'node:stream';
import type Docker from 'dockerode';
import type { RemoteOutput } from './cell';

/** A command in a running container, with its streams. */
export class ExecStream {
  private constructor(
    private readonly exec: Docker.Exec,
    public readonly input: Duplex,
    private readonly terminal: boolean,
  ) {}

  public static async start(
    container: Docker.Container,
    options: Docker.ExecCreateOptions & { readonly Tty?: boolean },
  ): Promise<ExecStream> {
    const { Tty: terminal = false } = options;
    const exec = await container.exec({ ...options, AttachStdin: true, AttachStdout: true, AttachStderr: true });
    const stream = await exec.start({ hijack: true, stdin: true, Tty: terminal });
    // Readers get the error; without this listener, it would end the program if there are only writers.
    stream.on('error', () => undefined);
    return new ExecStream(exec, stream, terminal);
  }

  /** A terminal has one stream. Without one, the engine prefixes each piece with 8 bytes: stream and length. */
  public async *output(): AsyncGenerator<RemoteOutput, void> {
    let rest: Buffer = Buffer.alloc(0);
    for await (const chunk of this.input as AsyncIterable<Buffer>) {
      if (this.terminal) {
        yield { stream: 'stdout', data: chunk };
        continue;
      }
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      while (rest.length >= HEADER && rest.length >= HEADER + rest.readUInt32BE(4)) {
        const end = HEADER + rest.readUInt32BE(4);
        yield { stream: rest[0] === STDERR ? 'stderr' : 'stdout', data: rest.subarray(HEADER, end) };
        rest = rest.subarray(end);
      }
    }
  }

  public async resize({ columns, rows }: { readonly columns: number; readonly rows: number }): Promise<void> {
    await this.exec.resize({ w: columns, h: rows });
  }

  /** The exit status, or `undefined` while the command runs. */
  public async status(): Promise<number | undefined> {
    const { Running: running, ExitCode: code } = await this.exec.inspect();
    return running ? undefined : (code ?? undefined);
  }

  public close(): void {
    this.input.destroy();
  }
}

const HEADER = 8;
const STDERR = 2;
