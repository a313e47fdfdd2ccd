/**
 * Runs a process and its sidecars in one container: when one of them exits, the others and the container are stopped.
 * It is a shell script, since every image whose start command can be replaced has a shell.
 */

export interface Sidecar {
  readonly name: string;
  readonly argv: readonly string[];
  /**
   * MiB, for its environment.
   *
   * @default - the process's
   */
  readonly memory?: number;
}

/** Seconds between TERM and KILL, as on the platform. */
const GRACE_SECONDS = 10;

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const start = (argv: readonly string[], index: number, memory?: number): string[] => [
  `${memory === undefined ? '' : `MEMORY_LIMIT=${memory}m `}${argv.map(quote).join(' ')} &`,
  `pid${index}=$!`,
];

/**
 * The script exits with the status of the process or, if a sidecar exited first, of that sidecar. It polls every second
 * because shells differ in the status they return when a signal interrupts `wait`.
 *
 * @param main the command of the process itself
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
    // From here on, the others exit because the script stops them.
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
