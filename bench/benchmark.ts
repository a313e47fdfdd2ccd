/** A benchmark of `npm run bench -- NAME`: each file of this folder that exports one as `benchmark`. */
export interface Benchmark {
  /** What is measured, in one line. */
  readonly what: string;
  /** The default number of rounds: as few as show the spread. */
  readonly rounds: number;
  /** `peers` are additional things to compare with, each `NAME=COMMAND`, for benchmarks that support them. */
  readonly run: (rounds: number, print: Print, peers: readonly string[]) => Promise<void>;
  readonly takesPeers?: true;
  /** Whether it builds images. */
  readonly buildsImages?: true;
}

export type Print = (line: string) => void;
