import { setTimeout as sleep } from 'node:timers/promises';
import type { InstanceSpec, ReadinessCheck } from './cell';
import { engineMessage } from './engine';
import { probeOf, watchHealth, watchReadiness } from './health';
import type { InstanceLog } from './instance-log';

/** The platform's messages. */
const PASSED = 'Container passed the readiness health check. Container marked ready and added to route pool.';
const FAILED = 'Container failed the readiness health check. Container marked not ready and removed from route pool.';

interface HealthEvents {
  /** It passed its health check, so it runs. */
  readonly onHealthy: () => void;
  /** Its readiness is another one. */
  readonly onReadiness: () => void;
  /** It began or ceased to be among those whom DNS and router name. */
  readonly onServing: () => void;
  readonly onFailure: (why: string) => void;
}

/** Whether an instance is well, and whether DNS and router may name it. */
export class InstanceHealth {
  /** As its readiness check has it, where there is one. */
  public ready: boolean;
  private named = false;
  private readonly attention = new AbortController();

  public constructor(
    private readonly spec: InstanceSpec,
    private readonly log: InstanceLog,
    private readonly address: () => string,
    private readonly events: HealthEvents,
  ) {
    this.ready = spec.readinessCheck === undefined;
  }

  public get serving(): boolean {
    return this.named && this.ready;
  }

  /** From its start. */
  public begin(): void {
    void this.watch(false);
  }

  /** Of an instance that has been running: both checks are asked at once what they would have found. */
  public async resume(): Promise<void> {
    const { healthCheck, readinessCheck } = this.spec;
    const passes = async (check: ReadinessCheck): Promise<boolean> => (await this.probe(check)()) === undefined;
    const ready = readinessCheck === undefined || passes(readinessCheck);
    const healthy = await passes(healthCheck);
    this.ready = await ready;
    if (healthy) this.serve();
    void this.watch(healthy);
  }

  /** Nobody asks any longer how it is. */
  public ignore(): void {
    this.attention.abort();
  }

  /** Stops health checks, and has DNS and router drop the instance. */
  public withdraw(): void {
    this.ignore();
    this.leave();
  }

  /** It is named for so many milliseconds more. */
  public async drain(delay: number): Promise<void> {
    this.ignore();
    await sleep(delay);
    this.leave();
  }

  private async watch(healthy: boolean): Promise<void> {
    const { signal } = this.attention;
    try {
      const failure = await watchHealth({
        check: this.spec.healthCheck,
        probe: this.probe(this.spec.healthCheck),
        signal,
        onHealthy: () => {
          this.serve();
        },
        healthy,
      });
      this.log.write('HEALTH', 'ERR', failure);
      this.events.onFailure(failure);
    } catch (error) {
      if (!signal.aborted) this.events.onFailure(`health check failed: ${engineMessage(error)}`);
    }
  }

  private async watchReadiness(check: ReadinessCheck): Promise<void> {
    this.log.write('HEALTH', 'OUT', 'Starting readiness health monitoring of container');
    const onChange = (ready: boolean): void => {
      this.ready = ready;
      this.log.write('HEALTH', 'OUT', ready ? PASSED : FAILED);
      this.events.onServing();
      this.events.onReadiness();
    };
    const { signal } = this.attention;
    try {
      await watchReadiness({ check, probe: this.probe(check), signal, onChange, ready: this.ready });
    } catch (error) {
      if (!signal.aborted) this.events.onFailure(`readiness check failed: ${engineMessage(error)}`);
    }
  }

  private serve(): void {
    this.named = true;
    this.events.onServing();
    this.events.onHealthy();
    if (this.spec.readinessCheck) void this.watchReadiness(this.spec.readinessCheck);
  }

  private leave(): void {
    this.named = false;
    this.events.onServing();
  }

  private probe(check: ReadinessCheck): ReturnType<typeof probeOf> {
    return probeOf(check, this.address(), this.spec.ports);
  }
}
