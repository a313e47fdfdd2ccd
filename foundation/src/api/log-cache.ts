/** @see https://github.com/cloudfoundry/log-cache-release */
import type { Cloud, LogLine } from '../cloud/cloud';
import { badQuery } from '../cloud/errors';
import type { App } from '../cloud/records';
import { get, guidOf, ok, type Call, type Endpoint } from './endpoint';
import { requireRow } from './lookup';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;

const nanoseconds = (call: Call, parameter: string): bigint | undefined => {
  const text = call.query[parameter];
  if (text !== undefined && !/^-?\d+$/.test(text)) {
    throw badQuery(`The query parameter is invalid: ${parameter} must be nanoseconds since the epoch`);
  }
  return text === undefined ? undefined : BigInt(text);
};

/** The tags that the platform adds to every line of an application. */
const tagsOf = ({ state }: Cloud, app: App) => {
  const space = state.spaces.get(app.spaceGuid);
  const organization = state.organizations.get(space?.organizationGuid ?? '');
  return {
    app_id: app.guid,
    app_name: app.name,
    space_id: app.spaceGuid,
    space_name: space?.name ?? '',
    organization_id: organization?.guid ?? '',
    organization_name: organization?.name ?? '',
  };
};

const presentLine = (
  tags: ReturnType<typeof tagsOf>,
  { timestamp, instanceIndex, instanceGuid, process, source, stream, message }: LogLine,
) => ({
  timestamp,
  source_id: tags.app_id,
  instance_id: instanceIndex,
  deprecated_tags: {},
  tags: {
    ...tags,
    source_id: tags.app_id,
    source_type: source,
    instance_id: instanceIndex,
    ...(process && { process_id: process.guid, process_type: process.type }),
    ...(instanceGuid !== undefined && { process_instance_id: instanceGuid }),
  },
  log: { payload: Buffer.from(message).toString('base64'), type: stream },
});

/** Only LOG envelopes exist. */
const wantsLogs = (types: string | undefined): boolean =>
  types === undefined || types.split(',').some((type) => type === 'LOG' || type === 'ANY');

export const logCache = (cloud: Cloud): readonly Endpoint[] => [
  get('/api/v1/info', 'platform:read', () => ok({ version: '3.1.0', vm_uptime: '1' })),
  get(
    '/api/v1/read/:app',
    'app:read',
    (call) => {
      const app = requireRow(cloud.state, call, 'apps', 'App', guidOf(call, 'app'));
      const from = nanoseconds(call, 'start_time');
      const to = nanoseconds(call, 'end_time');
      const limit = Math.min(MAX_LIMIT, Number(call.query['limit'] ?? DEFAULT_LIMIT) || DEFAULT_LIMIT);
      const lines = wantsLogs(call.query['envelope_types'])
        ? cloud.cell.logs(app.guid).filter(({ timestamp }) => {
            const at = BigInt(timestamp);
            return (from === undefined || at >= from) && (to === undefined || at < to);
          })
        : [];
      const tags = tagsOf(cloud, app);
      const newestFirst = call.query['descending'] === 'true';
      const chosen = newestFirst ? lines.slice(-limit).reverse() : lines.slice(0, limit);
      return ok({ envelopes: { batch: chosen.map((line) => presentLine(tags, line)) } });
    },
    { query: ['start_time', 'end_time', 'envelope_types', 'limit', 'descending'], lenient: true },
  ),
];
