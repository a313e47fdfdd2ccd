import { LONGEST_START_SECONDS } from './limits';

/** A page that squid serves itself after it asks its helper; no image but this project's has it. */
export const PROXY_HEALTH = '/squid-internal-static/icons/health';
/** The same for an application that forwards to one host. */
export const FORWARD_HEALTH = '/egress-forward/health';

/** Times in whole seconds. */
export interface HealthCheckTimes {
  /**
   * The time between two checks of an instance that has started.
   *
   * @default - the platform's, 30
   */
  readonly interval?: number;
  /**
   * The time in which an answer must come.
   *
   * @default - the platform's, 1
   */
  readonly timeout?: number;
}

/**
 * How the platform checks whether an instance is healthy: every two seconds until it has started, then every 30.
 *
 * @see https://docs.cloudfoundry.org/devguide/deploy-apps/healthchecks.html
 */
export class HealthCheck {
  /** Healthy if every port that the container exposes accepts connections. */
  static readonly PORT = new HealthCheck('port');
  /** Healthy as long as the process runs. */
  static readonly PROCESS = new HealthCheck('process');

  /** Healthy if a GET request for this path is answered with status 200. */
  static http(path: string, times: HealthCheckTimes = {}): HealthCheck {
    if (!path.startsWith('/')) throw new Error(`health check path '${path}' is not absolute: write '/${path}'`);
    return new HealthCheck('http', path, times);
  }

  private constructor(
    /** What is checked. */
    readonly type: 'port' | 'process' | 'http',
    /** The path of the request, for `http`. */
    readonly path?: string,
    /** Times that differ from the platform's. */
    readonly times: HealthCheckTimes = {},
  ) {
    for (const [name, seconds = 1] of Object.entries(times) as [string, number | undefined][]) {
      if (Number.isInteger(seconds) && seconds >= 1) continue;
      throw new RangeError(`health check ${name} of ${seconds} s is not possible: give whole seconds from 1 on`);
    }
  }
}

/**
 * Throws if the provider would give up on a rolling update while the platform still waits for an instance: the provider
 * waits one minute for each instance and then rolls back, even if the platform would have succeeded.
 *
 * @see https://github.com/cloudfoundry/terraform-provider-cloudfoundry/issues/491
 */
export function checkStartTimeout(what: string, seconds: number, instances: number): void {
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > LONGEST_START_SECONDS) {
    throw new RangeError(
      `${what} of ${seconds} s is not possible: give whole seconds from 1 to ${LONGEST_START_SECONDS}`,
    );
  }
  if (seconds >= instances * 60) {
    throw new RangeError(
      `${what} of ${seconds} s is as long as the provider waits for a rolling update of ${instances} instance(s), ` +
        `${instances * 60} s: make it shorter, or run more instances`,
    );
  }
}
