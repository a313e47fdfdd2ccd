/** Reports the steps of a command to the user. */
export interface Progress {
  /** Runs a step. `describe` turns its result into the text after the title. */
  step<T>(
    title: string,
    work: (report: (activity: string) => void) => Promise<T>,
    describe?: (result: T) => string | undefined,
  ): Promise<T>;
}

/** Prints a line for each completed step, and for each activity of a long one. */
export class LineProgress implements Progress {
  constructor(private readonly write: (line: string) => void) {}

  async step<T>(
    title: string,
    work: (report: (activity: string) => void) => Promise<T>,
    describe: (result: T) => string | undefined = () => undefined,
  ): Promise<T> {
    const started = performance.now();
    const result = await work((activity) => this.write(`… ${title}: ${activity}`));
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const description = describe(result);
    this.write(`✓ ${title}${description === undefined ? '' : `: ${description}`} (${seconds} s)`);
    return result;
  }
}

export const SILENT: Progress = { step: (_title, work) => work(() => undefined) };
