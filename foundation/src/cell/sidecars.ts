/**
 * A process and its sidecars in one container: when one of them ends, the others are ended, and the container with
 * them. A shell does it, since that is what any image has whose start command can be replaced.
 */

export interface Sidecar {
  readonly name: string;
  readonly argv: readonly string[];
  /** MiB that it is told of. @default - what the process is told of */
  readonly memory?: number;
}

/** As the platform has it: what doesn't end when it is asked to is killed after that. */
const GRACE_SECONDS = 10;

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const start = (argv: readonly string[], index: number, memory?: number): string[] => [
  `${memory === undefined ? '' : `MEMORY_LIMIT=${memory}m `}${argv.map(quote).join(' ')} &`,
  `pid${index}=$!`,
];

/**
 * The script ends with the status of the process; where a sidecar has ended it all, with that one's. It looks once a
 * second: shells differ in what becomes of a status when a signal ends the waiting for it.
 *
 * @param main of the process itself
 */
export const sidecarScript = (main: readonly string[], sidecars: readonly Sidecar[]): string => {
  const each = [...sidecars.keys()].map((index) => index + 1);
  const all = [0, ...each].map((index) => `$pid${index}`).join(' ');
  return [
    'cause=',
    "trap 'cause=stop' TERM",
    ...start(main, 0),
    ...sidecars.flatMap(({ argv, memory }, index) => start(argv, index + 1, memory)),
    'while [ -z "$cause" ]; do',
    '  sleep 1',
    ...[0, ...each].map((index) => `  [ -n "$cause" ] || kill -0 $pid${index} 2>/dev/null || cause=${index}`),
    'done',
    // What the others come to is our own doing.
    "trap '' TERM",
    `kill -TERM ${all} 2>/dev/null`,
    `( sleep ${GRACE_SECONDS}; kill -KILL $$ ) >/dev/null 2>&1 &`,
    'wait $pid0',
    'result=$?',
    ...sidecars.flatMap(({ name }, index) => [
      `wait $pid${index + 1}`,
      'status=$?',
      `if [ $cause = ${index + 1} ]; then`,
      `  echo "sidecar "${quote(name)}": exit status $status"`,
      '  result=$status',
      'fi',
    ]),
    'exit $result',
    '',
  ].join('\n');
};
