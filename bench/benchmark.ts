/** What `npm run bench -- NAME` runs: each file of this folder that exports one under the name `benchmark`. */
export interface Benchmark {
  /** What is measured, in a line. */
  readonly what: string;
  /** How often, unless told otherwise: as few as show the spread. */
  readonly rounds: number;
  readonly run: (rounds: number, print: Print) => Promise<void>;
}

export type Print = (line: string) => void;
