import { constants } from 'node:os';
import { Interrupted } from './command';
import { Failure, reasonOf } from './failure';

const COLUMNS = 80;
const REDRAW_MS = 250;
/** Without a terminal, a step that takes less time prints only its last line. */
const SIGN_OF_LIFE_MS = 10_000;
const NO_BREAK = '\u00a0';

/** Reports what a running step is currently doing. */
export type Report = (activity: string) => void;

export const silent: Report = () => undefined;

export interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** `0.1 s`, `42 s`, `3 min 32 s`: one decimal below ten seconds, where it matters. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 9_950) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/**
 * Wraps words in lines of at most 80 columns; a longer word (a path, an address) stays whole, and so does an indent.
 * @param hanging the indent of a paragraph's following lines
 */
export function wrap(text: string, indent = '', hanging = indent): string {
  return text
    .split('\n')
    .map((paragraph) => {
      const own = /^ */.exec(paragraph)?.[0] ?? '';
      const lines: string[] = [];
      let line = '';
      for (const word of paragraph.slice(own.length).split(/ +/)) {
        const longer = line === '' ? indent + own + word : `${line} ${word}`;
        if (line !== '' && longer.length > COLUMNS) {
          lines.push(line);
          line = hanging + own + word;
        } else {
          line = longer;
        }
      }
      return [...lines, line].join('\n');
    })
    .join('\n');
}

/** A line that fits on one line without the last column, after which some terminals wrap. */
const cut = (line: string): string => (line.length < COLUMNS ? line : `${line.slice(0, COLUMNS - 2)}…`);

/** What a failed step prints below its own line. */
function formatFailure(thrown: unknown): string {
  if (!(thrown instanceof Failure)) return wrap(reasonOf(thrown), '  ');
  return [wrap(thrown.what, '  '), wrap(`why: ${thrown.why}`, '  '), wrap(`remedy: ${thrown.remedy}`, '  ')].join('\n');
}

/**
 * The steps of a command, one line each: `✓ container engine: docker 20.10 (0.1 s)`. On a terminal, the running step
 * shows what it is doing; elsewhere, a long step reports every ten seconds if it is doing something else by then.
 */
export class Progress {
  private shown = false;

  constructor(private readonly terminal: Terminal = process.stdout) {}

  /** Runs a step. `describe` turns its result into the words after the title. */
  async step<T>(
    title: string,
    work: (report: Report) => Promise<T>,
    describe: (result: T) => string | undefined = () => undefined,
  ): Promise<T> {
    const started = performance.now();
    const elapsed = (): string => formatDuration(performance.now() - started);
    let activity = '';
    let printed = '';
    const draw = (): void => {
      this.redraw(`… ${title}${activity === '' ? '' : `: ${activity}`} (${elapsed()})`);
    };
    const print = (): void => {
      if (activity !== printed) this.terminal.write(`${cut(`… ${title}: ${activity}`)}\n`);
      printed = activity;
    };
    const report: Report = (now) => {
      activity = now;
      if (this.terminal.isTTY) draw();
    };
    const ticker = this.terminal.isTTY ? setInterval(draw, REDRAW_MS) : setInterval(print, SIGN_OF_LIFE_MS);
    ticker.unref();
    try {
      const result = await work(report);
      clearInterval(ticker);
      const description = describe(result);
      this.finish(`✓ ${title}${description === undefined ? '' : `: ${description}`} (${elapsed()})`);
      return result;
    } catch (error) {
      clearInterval(ticker);
      this.finish(`✗ ${title} (${elapsed()})`);
      this.terminal.write(`${formatFailure(error)}\n`);
      throw new ReportedFailure(error);
    }
  }

  private redraw(line: string): void {
    this.terminal.write(`\r\x1b[2K${cut(line)}`);
    this.shown = true;
  }

  private finish(line: string): void {
    // Keep a time and its unit on one line.
    const words = wrap(
      line.replace(/\(([^()]*)\)$/, (time) => time.replaceAll(' ', NO_BREAK)),
      '',
      '  ',
    );
    this.terminal.write(`${this.shown ? '\r\x1b[2K' : ''}${words.replaceAll(NO_BREAK, ' ')}\n`);
    this.shown = false;
  }
}

/** A failure that its step has already shown: whoever catches it only ends the command. */
export class ReportedFailure extends Error {
  override readonly name = 'ReportedFailure';
  constructor(override readonly cause: unknown) {
    super(reasonOf(cause));
  }
}

/** Ends a command: prints what no step has shown, and sets the exit code. */
export function endWithFailure(thrown: unknown, terminal: Terminal = process.stderr): void {
  if (!(thrown instanceof ReportedFailure)) terminal.write(`${formatFailure(thrown)}\n`);
  process.exitCode = exitCodeOf(thrown instanceof ReportedFailure ? thrown.cause : thrown);
}

/** As shells do: 128 plus the number of the signal. */
const exitCodeOf = (thrown: unknown): number =>
  thrown instanceof Interrupted ? 128 + constants.signals[thrown.signal] : 1;
