import { PassThrough } from 'node:stream';
import { createInterface, type Interface } from 'node:readline';
import type Docker from 'dockerode';
import { READY } from './holder';

/** A text is a line, and so is the answer to it, which begins with the status. Nothing is started for either but nft. */
const LOOP = [
  `until [ -e ${READY} ]; do sleep 0.01; done`,
  'while read -r rules; do',
  `  if printed=$(printf '%s\\n' "$rules" | nft -f - 2>&1); then echo 0`,
  '  else echo "$? $(printf %s "$printed" | tr "\\n" " ")"; fi',
  'done',
].join('\n');

interface Session {
  readonly stream: NodeJS.ReadWriteStream & { destroy(): void };
  readonly answers: Interface;
}

/**
 * Puts rules in force in one namespace. A process of the engine for each change takes the engine longer than all the
 * rest of it, so that one is started for the first change and waits for the next ones. It ends with this process.
 */
export class RuleChannel {
  private session?: Promise<Session>;

  public constructor(private readonly holder: Docker.Container) {}

  /** One at a time. Rejects with what nft says. */
  public async apply(rules: string): Promise<void> {
    // Once more where the connection was cut: all rules are replaced, so that it does no harm if they were already.
    const answer = (await this.send(rules)) ?? (await this.send(rules));
    if (answer === undefined) throw new Error('its container does not answer');
    if (answer !== '0') throw new Error(`nft -f - ended with ${answer.trim()}`);
  }

  public async close(): Promise<void> {
    const session = await this.session?.catch(() => undefined);
    this.session = undefined;
    session?.stream.destroy();
  }

  /** The answer, or undefined where the connection ends before it. */
  private async send(rules: string): Promise<string | undefined> {
    const { stream, answers } = await (this.session ??= this.open());
    const answer = new Promise<string | undefined>((resolve) => {
      const settle = (line?: string): void => {
        answers.off('line', settle).off('close', ended);
        resolve(line);
      };
      const ended = (): void => {
        settle();
      };
      answers.on('line', settle).on('close', ended);
    });
    // To nft the end of a line and a semicolon are the same.
    stream.write(`${rules.replaceAll('\n', ';')}\n`);
    return answer;
  }

  private async open(): Promise<Session> {
    try {
      const command = { Cmd: ['/bin/sh', '-c', LOOP], AttachStdin: true, AttachStdout: true, AttachStderr: true };
      const exec = await this.holder.exec(command);
      const stream = await exec.start({ hijack: true, stdin: true });
      const output = new PassThrough();
      (this.holder.modem as Docker['modem']).demuxStream(stream, output, output);
      const end = (): void => {
        output.end();
      };
      stream.once('end', end).once('close', end).once('error', end);
      const answers = createInterface({ input: output }).once('close', () => {
        this.session = undefined;
      });
      return { stream, answers };
    } catch (error) {
      this.session = undefined;
      throw error;
    }
  }
}
