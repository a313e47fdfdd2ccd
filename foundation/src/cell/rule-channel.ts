import { PassThrough } from 'node:stream';
import { createInterface, type Interface } from 'node:readline';
import type Docker from 'dockerode';
import { READY } from './holder';

/**
 * A text is a line of an nft that stays: one that is started for a change takes ten times as long, most of it to end. The
 * answers are in the order of what they are to, which takes one stream, and nft to keep none of them back. What is cut off
 * before the end of its line is left out by `read`: nft would do the half of it that it has.
 */
export const SHELL = [
  `until [ -e ${READY} ]; do sleep 0.01; done`,
  `while read -r line; do printf '%s\\n' "$line"; done | stdbuf -oL nft -i 2>&1`,
].join('\n');

/** Changes nothing, and is answered with the same one line whenever it is asked: so a text has no more to be said to. */
const QUESTION = 'describe iifname';

/** In ms, far beyond what thousands of rules take on a busy machine. */
const ANSWER_LIMIT = 20_000;

interface Session {
  readonly stream: NodeJS.ReadWriteStream & { destroy(): void };
  readonly lines: Interface;
  /** What nft says to the question; undefined where the connection has ended before, or is silent. */
  readonly answer: string | undefined;
}

/**
 * Puts rules in force in one namespace. A process of the engine for each change takes the engine longer than all the
 * rest of it, so that one is started for the first change and waits for the next ones. It ends with this process.
 */
export class RuleChannel {
  private session?: Promise<Session>;

  public constructor(
    private readonly holder: Docker.Container,
    private readonly limit = ANSWER_LIMIT,
  ) {}

  /** One at a time. Rejects with what nft says. */
  public async apply(rules: string): Promise<void> {
    // Once more where the connection was cut or is silent: all rules are replaced, so that it does no harm if they were already.
    const complaint = (await this.send(rules)) ?? (await this.send(rules));
    if (complaint === undefined) throw new Error('its container does not answer');
    if (complaint !== '') throw new Error(`nft says ${complaint}`);
  }

  public async close(): Promise<void> {
    const session = await this.session?.catch(() => undefined);
    this.session = undefined;
    session?.stream.destroy();
  }

  /** The first line of what nft says against it, nothing for nothing; undefined where none comes, and the next is another session. */
  private async send(rules: string): Promise<string | undefined> {
    const { stream, lines, answer } = await (this.session ??= this.open());
    if (answer !== undefined) {
      // To nft the end of a line and a semicolon are the same.
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
        // One that was given up may end when there is another.
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

  /** The lines up to the last one; undefined where they end without it, or it does not come in time. */
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
      const ended = (): void => {
        settle();
      };
      const timer = setTimeout(ended, this.limit);
      lines.on('line', take).on('close', ended);
    });
  }
}
