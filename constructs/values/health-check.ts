import { LONGEST_START_SECONDS } from './limits';
/** A page that squid serves itself and that its helper is asked for; no other image than this project's has it. */
export const PROXY_HEALTH = '/squid-internal-static/icons/health';
/** The same of an application that forwards to one host. */
export const FORWARD_HEALTH = '/egress-forward/health';

/** In whole seconds. */
export interface HealthCheckTimes {
  /**
   * Between two checks of an instance that has started.
   *
   * @default - the platform's, 30
   */
  readonly interval?: number;
  /**
   * How long an answer may take.
   *
   * @default - the platform's, 1
   */
  readonly timeout?: number;
}

/**
 * How the platform finds out whether an instance lives: every two seconds until it has started, then every 30.
 *
 * @see https://docs.cloudfoundry.org/devguide/deploy-apps/healthchecks.html
 */
export class HealthCheck {
  /** Every port that the container exposes accepts connections. */
  static readonly PORT = new HealthCheck('port');
  /** The process is there. */
  static readonly PROCESS = new HealthCheck('process');

  /** A GET of this path answers 200, and no other status. */
  static http(path: string, times: HealthCheckTimes = {}): HealthCheck {
    if (!path.startsWith('/')) throw new Error(`health check path '${path}' is not absolute: write '/${path}'`);
    return new HealthCheck('http', path, times);
  }

  private constructor(
    readonly type: 'port' | 'process' | 'http',
    readonly path?: string,
    readonly times: HealthCheckTimes = {},
  ) {
    for (const [name, seconds] of Object.entries(times) as [string, unknown][]) {
      if (!Number.isInteger(seconds) || (seconds as number) < 1) {
        throw new RangeError(
          `health check ${name} of ${String(seconds)} s is not possible: give whole seconds from 1 on`,
        );
      }
    }
  }
}

/**
 * Throws if a rolling update with this start timeout would be given up while the platform still waits for an instance:
 * the provider waits a minute for each instance and then rolls back, although the platform may go on and succeed.
 *
 * @see https://github.com/cloudfoundry/terraform-provider-cloudfoundry/issues/491
 */
export function checkStartTimeout(seconds: number, instances: number): void {
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > LONGEST_START_SECONDS) {
    throw new RangeError(
      `start timeout of ${seconds} s is not possible: give whole seconds from 1 to ${LONGEST_START_SECONDS}`,
    );
  }
  if (seconds >= instances * 60) {
    throw new RangeError(
      `start timeout of ${seconds} s is as long as the provider waits for a rolling update of ${instances} instance(s), ` +
        `${instances * 60} s: make it shorter, or run more instances`,
    );
  }
}
