import type Docker from 'dockerode';
import type { InstanceSpec, LogLine } from './cell';
import { engineMessage } from './engine';
import type { InstanceNetworks } from './instance-networks';
import { followLog } from './log-follower';
import type { Frame } from './log-frames';
import { LogLimit } from './log-limit';
import type { LogRate } from './log-rate';
import { now, originOf } from './logs';
import { readMarked } from './sidecars';

/** Writes the lines of one instance to the log of its application. */
export class InstanceLog {
  /** The source of the line about its exit: the process or task, or the sidecar that exited first. */
  public ender: string;
  /** The source of the instance's own output. */
  private readonly source: string;

  public constructor(
    private readonly spec: InstanceSpec,
    private readonly options: Pick<InstanceNetworks['options'], 'logs' | 'foundation'>,
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
    this.write('CELL', 'OUT', `Cell ${this.options.foundation} ${what}`);
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
