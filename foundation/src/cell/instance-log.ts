import { once } from 'node:events';
import type Docker from 'dockerode';
import type { InstanceSpec, LogLine } from './cell';
import { engineMessage, FrameReader, STDERR } from './engine';
import type { InstanceNetworks } from './instance-networks';
import { now, originOf } from './logs';
import { readMarked } from './sidecars';

export interface Frame {
  readonly stream: LogLine['stream'];
  readonly timestamp: string;
  readonly message: string;
}

/** A frame that is not parsed yet, since in a flood most are dropped. */
interface RawFrame {
  readonly stream: number;
  /** When it was printed, in milliseconds since the epoch, truncated to the second. */
  readonly at: number;
  readonly payload: Buffer;
}

const SECOND = '2026-01-01T00:00:00'.length;
const STAMPED = /^(\S+)\.(\d{9})Z (.*)$/s;

/**
 * Parses the engine's log stream of a container without a terminal, whose pieces are a time in nanoseconds and up to 16 KiB of a
 * line. A longer line becomes several, as on the platform.
 *
 * @see https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach
 */
export class FrameParser {
  private readonly frames = new FrameReader();
  private second = '';
  private at = 0;

  public *push(chunk: Buffer): Iterable<RawFrame> {
    for (const frame of this.frames.push(chunk)) yield { ...frame, at: this.timeOf(frame.payload) };
  }

  /** Parses the time once for all lines of a second. */
  private timeOf(payload: Buffer): number {
    const second = payload.toString('latin1', 0, SECOND);
    if (second !== this.second) {
      this.second = second;
      this.at = Date.parse(`${second}Z`) || 0;
    }
    return this.at;
  }
}

/** Bytes of the application's message, as the log limit counts them. */
export function messageLength({ payload }: RawFrame): number {
  return Math.max(0, payload.length - payload.indexOf(0x20) - 2);
}

/** `undefined` for anything but a log line. */
export function readFrame({ stream, payload }: RawFrame): Frame | undefined {
  const text = payload.toString('utf8').replace(/\r?\n$/, '');
  const [, seconds, nanoseconds, message] = STAMPED.exec(text) ?? [];
  if (seconds === undefined || nanoseconds === undefined || message === undefined) return undefined;
  return {
    stream: stream === STDERR ? 'ERR' : 'OUT',
    timestamp: `${Date.parse(`${seconds}Z`) / 1000}${nanoseconds}`,
    message,
  };
}

/** Milliseconds by which lines may be out of order. A greater step back means that the clock was set back. */
const DISORDER = 1000;

/** A token bucket that holds the amount of one second. */
class Bucket {
  private level: number;
  private since: number | undefined;

  public constructor(private readonly rate: number) {
    this.level = rate;
  }

  /** Takes all of the amount or, if there is not enough, nothing. */
  public take(amount: number, now: number): boolean {
    const since = this.since === undefined || now < this.since - DISORDER ? now : this.since;
    this.since = Math.max(since, now);
    this.level = Math.min(this.rate, this.level + ((this.since - since) / 1000) * this.rate);
    if (amount > this.level) return false;
    this.level -= amount;
    return true;
  }
}

/** Whether a line is logged; `notice` is logged in place of the first of several dropped lines. */
export type Verdict = { readonly passes: true } | { readonly passes: false; readonly notice?: string };

const PASSES: Verdict = { passes: true };
const DROPPED: Verdict = { passes: false };

/** An operator's limit, low enough to protect the foundation. */
const LINES_PER_SECOND = 5000;

/**
 * Enforces an instance's own log rate limit, and the operator's.
 *
 * @see https://docs.cloudfoundry.org/devguide/deploy-apps/app-log-rate-limiting.html
 */
export class LogLimit {
  private readonly bytes: Bucket | undefined;
  private readonly lines: Bucket;
  private noticed = false;

  /** @param bytesPerSecond 0 drops every line without a notice; absent means no limit */
  public constructor(
    private readonly bytesPerSecond: number | undefined,
    private readonly linesPerSecond = LINES_PER_SECOND,
  ) {
    this.bytes = bytesPerSecond === undefined ? undefined : new Bucket(bytesPerSecond);
    this.lines = new Bucket(linesPerSecond);
  }

  /** @param now the time of the line, in milliseconds */
  public admit(length: number, now: number): Verdict {
    if (this.bytesPerSecond === 0) return DROPPED;
    if (this.bytes && !this.bytes.take(length, now)) return this.refuse(`${this.bytesPerSecond ?? 0} bytes/sec)`);
    if (!this.lines.take(1, now)) return this.refuse(`${this.linesPerSecond} log-lines/sec) set by platform operator`);
    this.noticed = false;
    return PASSES;
  }

  private refuse(limit: string): Verdict {
    if (this.noticed) return DROPPED;
    this.noticed = true;
    return { passes: false, notice: `app instance exceeded log rate limit (${limit}` };
  }
}

/** As on the platform, the rate is over the last five seconds. */
const WINDOW_SECONDS = 5;

/** The recent log rate of an instance. */
export class LogRate {
  /** Bytes by second since the epoch. */
  private readonly bytes = new Map<number, number>();

  /** @param now the time of the line, in milliseconds */
  public add(length: number, now: number): void {
    const second = Math.floor(now / 1000);
    this.bytes.set(second, (this.bytes.get(second) ?? 0) + length);
    // Also drops seconds in the future, which remain when the clock is set back.
    for (const other of this.bytes.keys()) {
      if (Math.abs(second - other) >= WINDOW_SECONDS) this.bytes.delete(other);
    }
  }

  public at(now: number): number {
    const second = Math.floor(now / 1000);
    let sum = 0;
    for (const [printed, bytes] of this.bytes) {
      if (printed > second - WINDOW_SECONDS && printed <= second) sum += bytes;
    }
    return Math.round(sum / WINDOW_SECONDS);
  }
}

interface Follow {
  readonly limit: LogLimit;
  /** Counts the lines that pass the limit, by their own time. */
  readonly rate?: LogRate;
  readonly take: (frame: Frame) => void;
  readonly signal?: AbortSignal;
}

/** Reads a container's log from the beginning, and resolves when the container has stopped. */
export async function followLog(container: Docker.Container, follow: Follow): Promise<void> {
  const { limit, rate, take, signal } = follow;
  const stream = await container.logs({
    follow: true,
    stdout: true,
    stderr: true,
    timestamps: true,
    abortSignal: signal,
  });
  const parser = new FrameParser();
  stream.on('data', (chunk: Buffer) => {
    for (const raw of parser.push(chunk)) {
      // By the time of the line, since a foundation that takes over an instance reads its log from the beginning.
      const verdict = limit.admit(messageLength(raw), raw.at);
      if (verdict.passes) rate?.add(messageLength(raw), raw.at);
      const notice = verdict.passes ? undefined : verdict.notice;
      if (!verdict.passes && notice === undefined) continue;
      const frame = readFrame(raw);
      if (frame) take(notice === undefined ? frame : { ...frame, stream: 'OUT', message: notice });
    }
  });
  await once(stream, 'end');
}

/** Writes the lines of one instance to the log of its application. */
export class InstanceLog {
  /** The source of the line about its exit: the process or task, or the sidecar that exited first. */
  public ender: string;
  /** The source of the instance's own output. */
  private readonly source: string;

  public constructor(
    private readonly spec: InstanceSpec,
    private readonly options: Pick<InstanceNetworks['options'], 'logs' | 'settings'>,
  ) {
    const { task, processType } = spec;
    this.source = task === undefined ? `APP/PROC/${processType.toUpperCase()}` : `APP/TASK/${task}`;
    this.ender = this.source;
  }

  /** Writes a line of the platform. */
  public write(source: string, stream: LogLine['stream'], message: string): void {
    this.append({ timestamp: now(), source, stream, message });
  }

  /** Writes what the cell does with the instance. */
  public note(what: string): void {
    this.write('CELL', 'OUT', `Cell ${this.options.settings.name} ${what}`);
  }

  /** Follows its output until it ends or the signal is aborted. */
  public async follow(app: Docker.Container, rate: LogRate, signal: AbortSignal): Promise<void> {
    const limit = new LogLimit(this.spec.logRateLimit);
    try {
      await followLog(app, {
        limit,
        rate,
        signal,
        take: (frame) => this.take(frame),
      });
    } catch (error) {
      if (signal.aborted) return;
      this.write(
        'CELL',
        'ERR',
        `failed to read the log of instance ${this.spec.instanceGuid}: ${engineMessage(error)}`,
      );
    }
  }

  /** Appends a line of the process, or one that the script has marked as a sidecar's. */
  private take(frame: Frame): void {
    const marked = readMarked(frame.message);
    const sidecar = marked && this.spec.sidecars?.[marked.sidecar];
    if (!sidecar) {
      this.append({ ...frame, source: this.source });
      return;
    }
    const source = `${this.source}/SIDECAR/${sidecar.name.toUpperCase()}`;
    if (marked.ended) this.ender = source;
    else this.append({ ...frame, source, message: marked.message });
  }

  private append(line: Pick<LogLine, 'timestamp' | 'source' | 'stream' | 'message'>): void {
    this.options.logs.append(this.spec.appGuid, { ...line, ...originOf(this.spec) });
  }
}
