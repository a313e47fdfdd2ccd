import { PassThrough } from 'node:stream';
import { createInterface, type Interface } from 'node:readline';
import type Docker from 'dockerode';
import { READY } from './holder';

/**
 * Sends each set of rules as one line to a running nft, since starting one per change takes ten times as long. Output
 * and errors share one unbuffered stream, to keep the order of the answers. `read` drops an incomplete last line, of
 * which nft would apply the part that it has.
 */
export const SHELL = [
  `until [ -e ${READY} ]; do sleep 0.01; done`,
  `while read -r line; do printf '%s\\n' "$line"; done | stdbuf -oL nft -i 2>&1`,
].join('\n');

/** A command without effect, whose constant one-line answer marks the end of the answers to the rules before it. */
const QUESTION = 'describe iifname';

/** Milliseconds, much more than thousands of rules take on a busy machine. */
const ANSWER_LIMIT = 20_000;

interface Session {
  readonly stream: NodeJS.ReadWriteStream & { destroy(): void };
  readonly lines: Interface;
  /** The answer to `QUESTION`; `undefined` if the connection has ended or does not answer. */
  readonly answer: string | undefined;
}

/**
 * Applies rules in one namespace. Starting a process in the container takes longer than anything else, so one is
 * started for the first change and kept for the next ones. It ends with this process.
 */
export class RuleChannel {
  private session?: Promise<Session>;

  public constructor(
    private readonly holder: Docker.Container,
    private readonly limit = ANSWER_LIMIT,
  ) {}

  /** Applies rules; one call at a time. Rejects with nft's message. */
  public async apply(rules: string): Promise<void> {
    // Retries once if the connection broke or does not answer. Repeating is harmless, since all rules are replaced.
    const complaint = (await this.send(rules)) ?? (await this.send(rules));
    if (complaint === undefined) throw new Error('its container does not answer');
    if (complaint !== '') throw new Error(`nft says ${complaint}`);
  }

  public async close(): Promise<void> {
    const session = await this.session?.catch(() => undefined);
    this.session = undefined;
    session?.stream.destroy();
  }

  /** Returns the first line of nft's errors, or an empty string; `undefined` if it doesn't answer, which ends the session. */
  private async send(rules: string): Promise<string | undefined> {
    const { stream, lines, answer } = await (this.session ??= this.open());
    if (answer !== undefined) {
      // To nft, a semicolon is the same as the end of a line.
      stream.write(`${rules.replaceAll('\n', ';')}\n${QUESTION}\n`);
      const said = await this.until(lines, (line) => line === answer);
      if (said !== undefined) return said[0] === answer ? '' : said[0];
    }
    await this.close();
    return undefined;
  }

  private async open(): Promise<Session> {
    try {
      const command = { Cmd: ['/bin/sh', '-c', SHELL], AttachStdin: true, AttachStdout: true, AttachStderr: true };
      const exec = await this.holder.exec(command);
      const stream = await exec.start({ hijack: true, stdin: true });
      const own = this.session;
      const output = new PassThrough();
      (this.holder.modem as Docker['modem']).demuxStream(stream, output, output);
      const end = (): void => {
        output.end();
      };
      stream.once('end', end).once('close', end).once('error', end);
      const lines = createInterface({ input: output }).once('close', () => {
        // An abandoned session may end after another has started.
        if (this.session === own) this.session = undefined;
      });
      stream.write(`${QUESTION}\n`);
      const said = await this.until(lines, () => true);
      return { stream, lines, answer: said?.[0] };
    } catch (error) {
      this.session = undefined;
      throw error;
    }
  }

  /** The lines through the last one; `undefined` if they end without it, or it does not come in time. */
  private until(lines: Interface, isLast: (line: string) => boolean): Promise<string[] | undefined> {
    return new Promise((resolve) => {
      const said: string[] = [];
      const settle = (result?: string[]): void => {
        clearTimeout(timer);
        lines.off('line', take).off('close', ended);
        resolve(result);
      };
      const take = (line: string): void => {
        said.push(line);
        if (isLast(line)) settle(said);
      };
      const ended = (): void => settle();
      const timer = setTimeout(ended, this.limit);
      lines.on('line', take).on('close', ended);
    });
  }
}
