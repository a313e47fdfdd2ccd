import type Docker from 'dockerode';
import type { InstanceSpec, LogLine } from './cell';
import { engineMessage } from './engine';
import type { InstanceNetworks } from './instance-networks';
import { followLog } from './log-follower';
import { LogLimit } from './log-limit';
import type { LogRate } from './log-rate';
import { now, originOf } from './logs';

/** What is written of one instance in the log of its application. */
export class InstanceLog {
  /** As whose its own output is told. */
  public readonly source: string;

  public constructor(
    private readonly spec: InstanceSpec,
    private readonly options: Pick<InstanceNetworks['options'], 'logs' | 'foundation'>,
  ) {
    const { task, processType } = spec;
    this.source = task === undefined ? `APP/PROC/${processType.toUpperCase()}` : `APP/TASK/${task}`;
  }

  /** Of the platform's own. */
  public write(source: string, stream: LogLine['stream'], message: string): void {
    this.append({ timestamp: now(), source, stream, message });
  }

  /** What the cell does with it. */
  public note(what: string): void {
    this.write('CELL', 'OUT', `Cell ${this.options.foundation} ${what}`);
  }

  /** All that it prints, until it ends or nobody attends any longer. */
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
