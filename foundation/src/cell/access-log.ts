import type { IncomingMessage } from 'node:http';
import type { Endpoint } from './directory';

export interface Access {
  readonly incoming: Pick<IncomingMessage, 'headers' | 'method' | 'httpVersion'>;
  /** As the endpoint was asked. */
  readonly host: string | undefined;
  readonly url: string;
  readonly endpoint: Endpoint;
  readonly requestId: string;
  readonly status: number;
  readonly startedAt: number;
  readonly finishedAt: number;
}

/**
 * A line of the router's log, with the fields of the platform's that mean something here.
 *
 * @see https://docs.cloudfoundry.org/devguide/deploy-apps/streaming-logs.html#rtr
 */
export function accessLine({ incoming, host, url, endpoint, requestId, status, ...times }: Access): string {
  const { headers, method = '-', httpVersion } = incoming;
  const { startedAt, finishedAt } = times;
  return [
    `${host ?? '-'} - [${new Date(startedAt).toISOString()}]`,
    quoted(`${method} ${url} HTTP/${httpVersion}`),
    status,
    quoted(headers.referer ?? '-'),
    quoted(headers['user-agent'] ?? '-'),
    quoted(`${endpoint.address}:${endpoint.port}`),
    `vcap_request_id:${quoted(requestId)}`,
    `response_time:${((finishedAt - startedAt) / 1000).toFixed(3)}`,
    `app_id:${quoted(endpoint.appGuid)}`,
    `app_index:${quoted(String(endpoint.index))}`,
  ].join(' ');
}

/** A client must not be able to end the field or the line. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
