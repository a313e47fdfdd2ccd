import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { codeOf, Failure } from './failure';
import { isRunning } from './lock';

/** A container engine that we have started and may therefore stop. */
interface DaemonRecord {
  readonly pid: number;
  /** What the system says about the process besides its number, which another process may get later. */
  readonly identity: string;
  readonly log: string;
}

interface DaemonOptions {
  /** The folder of the record and the log. */
  readonly stateFolder: string;
  /** @default - `dockerd` with its own defaults */
  readonly command?: readonly [program: string, ...args: string[]];
  /** @default - dockerd's usual socket */
  readonly socket?: string;
  /** Milliseconds to wait for its answer. @default 60000 */
  readonly patience?: number;
}

const recordFile = (folder: string): string => join(folder, 'container-engine.json');

/**
 * Distinguishes a process from another one that gets its number later: its start time (field 22, counted after the name
 * in parentheses, which may contain spaces). We start daemons only on Linux.
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
function identityOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

const accepts = (socket: string): Promise<boolean> =>
  new Promise((resolve) => {
    const connection = connect(socket);
    connection.once('connect', () => {
      connection.destroy();
      resolve(true);
    });
    connection.once('error', () => {
      resolve(false);
    });
  });

const lastLines = (file: string): string => readFileSync(file, 'utf8').trimEnd().split('\n').slice(-6).join('\n');

/** Starts a daemon that outlives this process, and waits until it accepts connections. */
export async function startDaemon(options: DaemonOptions): Promise<void> {
  const { stateFolder, command = ['dockerd'], socket = '/var/run/docker.sock', patience = 60_000 } = options;
  const [program, ...args] = command;
  await mkdir(stateFolder, { recursive: true });
  const log = join(stateFolder, 'container-engine.log');
  const output = openSync(log, 'w');
  const child = spawn(program, args, { detached: true, stdio: ['ignore', output, output] });
  closeSync(output);
  let ending: string | undefined;
  child.once('error', (error) => {
    ending = error.message;
  });
  child.once('exit', (code, signal) => {
    ending = `it ended with ${code ?? signal ?? 'nothing'}`;
  });
  const { pid } = child;
  if (pid !== undefined) {
    const record: DaemonRecord = { pid, identity: identityOf(pid) ?? '', log };
    await writeFile(recordFile(stateFolder), JSON.stringify(record));
  }
  const failed = async (why: string): Promise<Failure> => {
    await stopDaemon(stateFolder);
    return new Failure(`${program} did not start`, `${why}\n${lastLines(log)}`, `read ${log}, or start it yourself`);
  };
  const deadline = Date.now() + patience;
  while (!(await accepts(socket))) {
    if (ending !== undefined) throw await failed(ending);
    if (Date.now() > deadline) throw await failed(`${socket} did not answer within ${patience / 1000} s`);
    await delay(100);
  }
  child.unref();
}

/** Stops the daemon that we started, if it is still running, and no other. Resolves with whether it did. */
export async function stopDaemon(stateFolder: string): Promise<boolean> {
  const text = await readFile(recordFile(stateFolder), 'utf8').catch(() => undefined);
  if (text === undefined) return false;
  const { pid, identity } = JSON.parse(text) as DaemonRecord;
  const ours = (): boolean => isRunning(pid) && identityOf(pid) === identity && !isZombie(pid);
  const ran = ours();
  if (ran) signal(pid, 'SIGTERM');
  const deadline = Date.now() + 20_000;
  while (ours()) {
    if (Date.now() > deadline) signal(pid, 'SIGKILL');
    await delay(100);
  }
  await rm(recordFile(stateFolder), { force: true });
  return ran;
}

/** The process may end between the check and the signal. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}

/** It has ended, but its parent hasn't collected it yet. */
function isZombie(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return true;
  }
}
