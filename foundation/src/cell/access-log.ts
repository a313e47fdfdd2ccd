import type { IncomingMessage } from 'node:http';
import type { Endpoint } from './directory';

export interface Access {
  readonly incoming: Pick<IncomingMessage, 'headers' | 'method' | 'httpVersion'>;
  /** The host that the endpoint was sent. */
  readonly host: string | undefined;
  readonly url: string;
  readonly endpoint: Endpoint;
  readonly requestId: string;
  readonly status: number;
  /** The client's address and port. */
  readonly client: string;
  readonly traffic: { readonly received: number; readonly sent: number };
  readonly startedAt: number;
  readonly finishedAt: number;
}

/**
 * A line of the router's access log, in the platform's format.
 *
 * @see https://docs.cloudfoundry.org/devguide/deploy-apps/streaming-logs.html#rtr
 */
export function accessLine({
  incoming,
  host,
  url,
  endpoint,
  requestId,
  status,
  client,
  traffic,
  ...times
}: Access): string {
  const { headers, method = '-', httpVersion } = incoming;
  const { startedAt, finishedAt } = times;
  const forwardedFor = [headers['x-forwarded-for'] ?? [], client.slice(0, client.lastIndexOf(':'))].flat().join(', ');
  const forwardedProto = [headers['x-forwarded-proto'] ?? 'http'].flat().join(', ');
  return [
    `${host ?? '-'} - [${new Date(startedAt).toISOString()}]`,
    quoted(`${method} ${url} HTTP/${httpVersion}`),
    status,
    traffic.received,
    traffic.sent,
    quoted(headers.referer ?? '-'),
    quoted(headers['user-agent'] ?? '-'),
    quoted(client),
    quoted(`${endpoint.address}:${endpoint.port}`),
    `x_forwarded_for:${quoted(forwardedFor)}`,
    `x_forwarded_proto:${quoted(forwardedProto)}`,
    `vcap_request_id:${quoted(requestId)}`,
    `response_time:${((finishedAt - startedAt) / 1000).toFixed(3)}`,
    `app_id:${quoted(endpoint.appGuid)}`,
    `instance_id:${quoted(endpoint.instanceGuid)}`,
    `app_index:${quoted(String(endpoint.index))}`,
  ].join(' ');
}

/** Quotes a client's text, so it can't end the field or the line. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
