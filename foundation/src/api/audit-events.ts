import type { Cloud } from '../cloud/cloud';
import type { AuditEvent, Row } from '../cloud/records';
import { list } from './collection';
import { get, guidOf, ok, type Call, type Endpoint } from './endpoint';
import { links, presentRow } from './present';
import { found } from './lookup';

const presentEvent = (event: AuditEvent, { base }: Pick<Call, 'base'>) => ({
  ...presentRow(event),
  type: event.type,
  actor: event.actor,
  target: event.target,
  data: event.data,
  space: event.spaceGuid === undefined ? null : { guid: event.spaceGuid },
  organization: { guid: event.organizationGuid },
  links: links(base, { self: `/v3/audit_events/${event.guid}` }),
});

/** Usage events, which the platform bills by: none here, and for operators only, as on the platform. */
export const usageEvents = (): readonly Endpoint[] =>
  ['app_usage_events', 'service_usage_events'].map((events) =>
    list<Row>({ path: `/v3/${events}`, needs: 'platform:write', rows: () => [], present: presentRow }),
  );

/** @see https://v3-apidocs.cloudfoundry.org/#audit-events */
export const auditEvents = (cloud: Cloud): readonly Endpoint[] => {
  const { state } = cloud;
  const mayRead = ({ access, needs }: Call, event: AuditEvent): boolean =>
    event.spaceGuid === undefined
      ? access.inOrganization('organization-event:read', event.organizationGuid)
      : access.inSpace(needs, event.spaceGuid);
  return [
    list<AuditEvent>({
      path: '/v3/audit_events',
      needs: 'event:read',
      rows: (call) => state.events.where((event) => mayRead(call, event)),
      filters: {
        guids: 'guid',
        types: 'type',
        target_guids: (row) => row.target.guid,
        space_guids: 'spaceGuid',
        organization_guids: 'organizationGuid',
      },
      present: presentEvent,
    }),
    get('/v3/audit_events/:guid', 'event:read', (call) => {
      const event = found(state.events.get(guidOf(call)), 'Event', (event) => mayRead(call, event));
      return ok(presentEvent(event, call));
    }),
  ];
};
