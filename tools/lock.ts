import { randomUUID } from 'node:crypto';
import { link, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { codeOf } from './failure';

const POLL_MS = 100;
const HEARTBEAT_MS = 2_000;

/** What is known about a lock's owner; the input of `isStale`. */
interface LockOwner {
  readonly sameHost: boolean;
  readonly running: boolean;
  /** Milliseconds since it last touched its lock. */
  readonly silentFor: number;
}

/**
 * A dead process on this host is certainly gone. On another host, or if its number went to another process after a
 * restart, only its silence tells: an owner touches its lock every two seconds.
 */
export const isStale = ({ sameHost, running, silentFor }: LockOwner): boolean =>
  (sameHost && !running) || silentFor > 60_000;

/** A file that exists while its owner works. */
export class Lock {
  private readonly heartbeat: NodeJS.Timeout;

  private constructor(private readonly path: string) {
    this.heartbeat = setInterval(() => {
      const now = new Date();
      utimes(this.path, now, now).catch(() => undefined);
    }, HEARTBEAT_MS);
    this.heartbeat.unref();
  }

  /** Waits until the lock is free and takes it. `onWait` is called once if it has to wait. */
  static async take(path: string, onWait: () => void = () => undefined): Promise<Lock> {
    for (let attempt = 0; ; attempt += 1) {
      if (await create(path)) return new Lock(path);
      if (attempt === 0) onWait();
      await breakIfStale(path);
      await delay(POLL_MS);
    }
  }

  async release(): Promise<void> {
    clearInterval(this.heartbeat);
    await rm(this.path, { force: true });
  }
}

/** Creates the file with its content in one step, so that nobody reads a lock without an owner. */
async function create(path: string): Promise<boolean> {
  const draft = `${path}.${randomUUID()}`;
  try {
    await writeFile(draft, JSON.stringify({ host: hostname(), pid: process.pid }));
    await link(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function readOwner(path: string): Promise<LockOwner | undefined> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    const { host, pid } = JSON.parse(text) as { host: string; pid: number };
    return { sameHost: host === hostname(), running: isRunning(pid), silentFor: Date.now() - mtimeMs };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whether a process with that number exists, of this or another user. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/**
 * If several runs see a stale lock, only the one that holds the lock's own lock removes it. Otherwise, the slower one
 * would remove the lock that the faster one has just taken.
 */
async function breakIfStale(path: string): Promise<void> {
  const seen = await readOwner(path);
  if (seen === undefined || !isStale(seen)) return;
  const breaker = `${path}.breaking`;
  if (!(await create(breaker))) {
    const other = await readOwner(breaker);
    if (other !== undefined && isStale(other)) await rm(breaker, { force: true });
    return;
  }
  try {
    const owner = await readOwner(path);
    if (owner !== undefined && isStale(owner)) await rm(path, { force: true });
  } finally {
    await rm(breaker, { force: true });
  }
}
