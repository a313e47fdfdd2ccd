import { request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HealthCheck, InstanceSpec, ReadinessCheck } from './cell';
import { engineMessage } from './engine';
import type { InstanceLog } from './instance-log';

/** Milliseconds between checks while an instance starts. The platform waits 2 s; this is shorter to save time. */
const STARTUP_INTERVAL = 250;

/** Returns why the check failed, or undefined if it passed. */
type Probe = () => Promise<string | undefined>;

/** @see https://docs.cloudfoundry.org/devguide/deploy-apps/healthchecks.html */
export function probeOf(check: ReadinessCheck, address: string, ports: readonly number[]): Probe {
  const timeout = Math.max(1, check.invocationTimeout) * 1000;
  return PROBES[check.type](check, address, ports, timeout);
}

type Checker = (check: ReadinessCheck, address: string, ports: readonly number[], timeout: number) => Probe;

const PROBES: Readonly<Record<HealthCheck['type'], Checker>> = {
  process: () => () => Promise.resolve(undefined),
  port: (_check, address, ports, timeout) => async () =>
    (await Promise.all(ports.map((port) => probePort(address, port, timeout)))).find((failure) => failure),
  http:
    ({ endpoint }, address, [port = 8080], timeout) =>
    () =>
      probeHttp(address, port, endpoint, timeout),
};

function probePort(host: string, port: number, timeout: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout });
    const finish = (reason?: string): void => {
      socket.destroy();
      resolve(reason === undefined ? undefined : `Failed to make TCP connection to port ${port}: ${reason}`);
    };
    socket.once('connect', () => finish());
    socket.once('timeout', () => finish('timed out'));
    socket.once('error', (error: NodeJS.ErrnoException) => finish(reasonOf(error)));
  });
}

function probeHttp(host: string, port: number, path: string, timeout: number): Promise<string | undefined> {
  const what = `HTTP request to '${path}' on port ${port}`;
  return new Promise((resolve) => {
    const call = request({ host, port, path, agent: false, timeout }, ({ statusCode }) => {
      call.destroy();
      resolve(statusCode === 200 ? undefined : `${what} returned status code ${statusCode ?? 'none'}, not 200`);
    });
    call.once('timeout', () => call.destroy(new Error('timed out')));
    call.once('error', (error: NodeJS.ErrnoException) => resolve(`Failed to make ${what}: ${reasonOf(error)}`));
    call.end();
  });
}

function reasonOf(error: NodeJS.ErrnoException): string {
  return error.code === 'ECONNREFUSED' ? 'connection refused' : error.message;
}

interface Watch {
  readonly check: HealthCheck;
  readonly probe: Probe;
  readonly signal: AbortSignal;
  readonly onHealthy: () => void;
  /** Whether the instance was healthy before, and needs no check of its start. */
  readonly healthy?: boolean;
}

/** Resolves with the reason once the instance has failed, and never otherwise; rejects when the signal is aborted. */
export async function watchHealth({ check, probe, signal, onHealthy, healthy = false }: Watch): Promise<string> {
  if (!healthy) {
    const failure = await untilHealthy(check, probe, signal);
    if (failure !== undefined) return `Instance never healthy after ${check.timeout}s: ${failure}`;
    onHealthy();
  }
  for (;;) {
    await sleep(Math.max(1, check.interval) * 1000, undefined, { signal });
    const failure = await probe();
    signal.throwIfAborted();
    if (failure !== undefined) return `Instance became unhealthy: ${failure}`;
  }
}

async function untilHealthy(check: HealthCheck, probe: Probe, signal: AbortSignal): Promise<string | undefined> {
  const deadline = performance.now() + check.timeout * 1000;
  for (;;) {
    const failure = await probe();
    signal.throwIfAborted();
    if (failure === undefined || performance.now() + STARTUP_INTERVAL > deadline) return failure;
    await sleep(STARTUP_INTERVAL, undefined, { signal });
  }
}

interface ReadinessWatch {
  readonly check: ReadinessCheck;
  readonly probe: Probe;
  readonly signal: AbortSignal;
  readonly onChange: (ready: boolean) => void;
  /** The readiness that was last reported. */
  readonly ready?: boolean;
}

/**
 * Watches the readiness of an instance. Checks one that is not ready as often as one that starts. Never resolves;
 * rejects when the signal is aborted.
 *
 * @see https://docs.cloudfoundry.org/devguide/deploy-apps/healthchecks.html#readiness-health-checks
 */
export async function watchReadiness({
  check,
  probe,
  signal,
  onChange,
  ready = false,
}: ReadinessWatch): Promise<never> {
  for (let known = ready; ;) {
    if (known) await sleep(Math.max(1, check.interval) * 1000, undefined, { signal });
    const now = (await probe()) === undefined;
    signal.throwIfAborted();
    if (now !== known) onChange(now);
    known = now;
    if (!known) await sleep(STARTUP_INTERVAL, undefined, { signal });
  }
}

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
