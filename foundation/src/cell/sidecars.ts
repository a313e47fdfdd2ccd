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

/** Starts a line that a sidecar printed, followed by its number, or by `=` and the number of the sidecar that exited first. */
const MARK = '\u001E';
const MARKED = new RegExp(`^${MARK}(=?)(\\d+)(?: (.*))?$`, 's');

/** A line that a sidecar printed, or the notice that the sidecar exited first. */
interface MarkedLine {
  readonly sidecar: number;
  readonly ended: boolean;
  readonly message: string;
}

/** Reads a line of the container's log; undefined for the output of the process itself. */
export const readMarked = (line: string): MarkedLine | undefined => {
  const [, ended, number, message = ''] = MARKED.exec(line) ?? [];
  return number === undefined ? undefined : { sidecar: Number(number) - 1, ended: ended === '=', message };
};

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const quoted = (argv: readonly string[]): string => argv.map(quote).join(' ');

/** Uses named pipes, so that the sidecar remains a child of this shell, which can signal it and wait for it. */
const startSidecar = ({ argv, memory }: Sidecar, number: number): string[] => {
  const [output, errors] = [`"$pipes/${number}.out"`, `"$pipes/${number}.err"`];
  return [
    `run${number}() {`,
    ...(memory === undefined ? [] : [`  export MEMORY_LIMIT=${memory}m`]),
    `  exec ${quoted(argv)}`,
    '}',
    `if [ -n "$pipes" ] && mkfifo ${output} ${errors} 2>/dev/null; then`,
    `  mark ${number} <${output} &`,
    '  marks="$marks $!"',
    `  mark ${number} <${errors} >&2 &`,
    '  marks="$marks $!"',
    `  run${number} >${output} 2>${errors} &`,
    'else',
    `  run${number} &`,
    'fi',
    `pid${number}=$!`,
  ];
};

const endSidecar = (number: number): string[] => [
  `wait $pid${number}`,
  'status=$?',
  `if [ $cause = ${number} ]; then`,
  '  echo "Exit status $result"',
  `  printf '\\036=${number}\\n'`,
  '  result=$status',
  'else',
  `  printf '\\036${number} Exit status %s\\n' $status`,
  'fi',
];

/**
 * The script exits with the status of the process or, if a sidecar exited first, of that sidecar, and prints the status of
 * all others. It polls every second because shells differ in the status they return when a signal interrupts `wait`. It
 * marks what sidecars print, unless the image has no `mktemp` or `mkfifo`.
 *
 * @param main the command of the process itself
 */
export const sidecarScript = (main: readonly string[], sidecars: readonly Sidecar[]): string => {
  const each = [...sidecars.keys()].map((index) => index + 1);
  const all = [0, ...each].map((number) => `$pid${number}`).join(' ');
  return [
    'mark() {',
    '  while IFS= read -r line || [ -n "$line" ]; do',
    `    printf '\\036%s %s\\n' "$1" "$line"`,
    '  done',
    '}',
    'cause=',
    'marks=',
    'pipes=$(mktemp -d 2>/dev/null)',
    "trap 'cause=stop' TERM",
    `${quoted(main)} &`,
    'pid0=$!',
    ...sidecars.flatMap((sidecar, index) => startSidecar(sidecar, index + 1)),
    'while [ -z "$cause" ]; do',
    '  sleep 1',
    ...[0, ...each].map((number) => `  [ -n "$cause" ] || kill -0 $pid${number} 2>/dev/null || cause=${number}`),
    'done',
    // From here on, the others exit because the script stops them, and some shells would report that.
    "trap '' TERM",
    'exec 2>/dev/null',
    `kill -TERM ${all}`,
    `( sleep ${GRACE_SECONDS}; kill -KILL $$ ) >/dev/null &`,
    'wait $pid0',
    'result=$?',
    ...each.flatMap(endSidecar),
    // Waits for the last output, but not for long: a process left behind may keep a pipe open.
    '( sleep 1; kill $marks ) >/dev/null &',
    '[ -z "$marks" ] || wait $marks',
    '[ -z "$pipes" ] || rm -r "$pipes"',
    'exit $result',
    '',
  ].join('\n');
};
