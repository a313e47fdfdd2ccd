/** What `npm run bench -- NAME` runs: each file of this folder that exports one under the name `benchmark`. */
export interface Benchmark {
  /** What is measured, in a line. */
  readonly what: string;
  /** How often, unless told otherwise: as few as show the spread. */
  readonly rounds: number;
  /** `peers` are more things to compare with, `NAME=COMMAND` each, for a benchmark that says so. */
  readonly run: (rounds: number, print: Print, peers: readonly string[]) => Promise<void>;
  readonly takesPeers?: true;
  /** Whether it builds images. */
  readonly buildsImages?: true;
}

export type Print = (line: string) => void;
