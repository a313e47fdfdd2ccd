import type Docker from 'dockerode';
import type { InstanceSpec, LogLine } from './cell';
import { engineMessage } from './engine';
import type { InstanceNetworks } from './instance-networks';
import { followLog } from './log-follower';
import { LogLimit } from './log-limit';
import type { LogRate } from './log-rate';
import { now, originOf } from './logs';

/** Writes the lines of one instance to the log of its application. */
export class InstanceLog {
  /** The source of the instance's own output. */
  public readonly source: string;

  public constructor(
    private readonly spec: InstanceSpec,
    private readonly options: Pick<InstanceNetworks['options'], 'logs' | 'foundation'>,
  ) {
    const { task, processType } = spec;
    this.source = task === undefined ? `APP/PROC/${processType.toUpperCase()}` : `APP/TASK/${task}`;
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
        take: (frame) => {
          this.append({ ...frame, source: this.source });
        },
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

  private append(line: Pick<LogLine, 'timestamp' | 'source' | 'stream' | 'message'>): void {
    this.options.logs.append(this.spec.appGuid, { ...line, ...originOf(this.spec) });
  }
}
