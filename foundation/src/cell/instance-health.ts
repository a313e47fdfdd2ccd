import { setTimeout as sleep } from 'node:timers/promises';
import type { InstanceSpec, ReadinessCheck } from './cell';
import { engineMessage } from './engine';
import { probeOf, watchHealth, watchReadiness } from './health';
import type { InstanceLog } from './instance-log';

/** The platform's messages. */
const PASSED = 'Container passed the readiness health check. Container marked ready and added to route pool.';
const FAILED = 'Container failed the readiness health check. Container marked not ready and removed from route pool.';

interface HealthEvents {
  /** Called when the instance has passed its health check, and so is running. */
  readonly onHealthy: () => void;
  /** Called when the readiness changes. */
  readonly onReadiness: () => void;
  /** Called when DNS and router must add or drop the instance. */
  readonly onServing: () => void;
  readonly onFailure: (why: string) => void;
}

/** The health and readiness of an instance, and whether DNS and router may include it. */
export class InstanceHealth {
  /** Whether the readiness check has passed; always true without one. */
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

  /** Watches an instance from its start. */
  public begin(): void {
    void this.watch(false);
  }

  /** Watches an instance that was already running, after running both checks once. */
  public async resume(): Promise<void> {
    const { healthCheck, readinessCheck } = this.spec;
    const passes = async (check: ReadinessCheck): Promise<boolean> => (await this.probe(check)()) === undefined;
    const ready = readinessCheck === undefined || passes(readinessCheck);
    const healthy = await passes(healthCheck);
    this.ready = await ready;
    if (healthy) this.serve();
    void this.watch(healthy);
  }

  /** Stops all checks. */
  public ignore(): void {
    this.attention.abort();
  }

  /** Stops health checks, and has DNS and router drop the instance. */
  public withdraw(): void {
    this.ignore();
    this.leave();
  }

  /** Keeps the instance in DNS and router for this many milliseconds. */
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
        onHealthy: () => this.serve(),
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
