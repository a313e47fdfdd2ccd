import { z } from 'zod';
import type { Cloud } from '../cloud/cloud';
import {
  createSegment,
  deleteSegment,
  entitle,
  makeDefault,
  revoke,
  spacesIn,
  updateSegment,
} from '../cloud/isolation-segments';
import type { IsolationSegment, Organization } from '../cloud/records';
import { many, name, optionalOne, parseBody } from './body';
import { metadata } from '../cloud/metadata';
import { list } from './collection';
import { del, get, guidOf, noContent, ok, patch, post, type Call, type Endpoint } from './endpoint';
import { links, presentRow, toMany, toOne } from './present';
import { found, requireVisible } from './lookup';
import { endpointsOf } from './resource';
import { presentOrganization } from './organizations';

const createSchema = z.strictObject({ name, metadata });
const updateSchema = z.strictObject({ name: name.optional(), metadata });

const presentSegment = (segment: IsolationSegment, { base }: Pick<Call, 'base'>) => ({
  ...presentRow(segment),
  name: segment.name,
  metadata: segment.metadata,
  links: links(base, {
    self: `/v3/isolation_segments/${segment.guid}`,
    organizations: `/v3/isolation_segments/${segment.guid}/organizations`,
  }),
});

/** @see https://v3-apidocs.cloudfoundry.org/#isolation-segments */
export const isolationSegments = (cloud: Cloud): readonly Endpoint[] => {
  const { state } = cloud;
  const isReadable = ({ access }: Call, organizationGuid: string): boolean =>
    access.inOrganization('organization:read', organizationGuid);
  /** Callers see the segments of their own organizations; those who see all organizations see all segments. */
  const isVisible = (call: Call, { entitled }: IsolationSegment): boolean =>
    call.access.everywhere('isolation-segment:read') || entitled.some((guid) => isReadable(call, guid));
  const find = (call: Call): IsolationSegment =>
    requireVisible(state.isolationSegments, call, 'Isolation segment', (row) => isVisible(call, row));
  const findOrganization = (call: Call, guid: string): Organization =>
    found(state.organizations.get(guid), 'Organization', () => isReadable(call, guid));
  const presentDefault = (call: Call, { guid, defaultSegmentGuid }: Organization) => ({
    ...toOne(defaultSegmentGuid),
    links: links(call.base, { self: `/v3/organizations/${guid}/relationships/default_isolation_segment` }),
  });
  const entitledOf = (call: Call, { entitled }: IsolationSegment): string[] =>
    entitled.filter((guid) => isReadable(call, guid));
  const segment = endpointsOf<IsolationSegment>(
    cloud,
    {
      path: '/v3/isolation_segments',
      needs: 'isolation-segment:read',
      rows: (call) => state.isolationSegments.where((segment) => isVisible(call, segment)),
      filters: { guids: 'guid', names: 'name', organization_guids: 'entitled' },
      order: ['name'],
      present: presentSegment,
    },
    find,
  );
  return [
    segment.list,
    segment.read(),
    segment.create('isolation-segment:write', createSchema, createSegment),
    segment.change('isolation-segment:write', updateSchema, updateSegment),
    del('/v3/isolation_segments/:guid', 'isolation-segment:write', (call) => {
      const row = find(call);
      cloud.transact((after) => deleteSegment(after, row));
      return noContent;
    }),
    list({
      path: '/v3/isolation_segments/:guid/organizations',
      needs: 'isolation-segment:read',
      rows: (call) => entitledOf(call, find(call)).map((guid) => state.organizations.expect(guid)),
      filters: { guids: 'guid', names: 'name' },
      order: ['name'],
      present: presentOrganization,
    }),
    get('/v3/isolation_segments/:guid/relationships/organizations', 'isolation-segment:read', (call) => {
      const row = find(call);
      const self = `/v3/isolation_segments/${row.guid}/relationships/organizations`;
      return ok({ ...toMany(entitledOf(call, row)), links: links(call.base, { self }) });
    }),
    get('/v3/isolation_segments/:guid/relationships/spaces', 'isolation-segment:read', (call) => {
      const row = find(call);
      const spaces = spacesIn(state, row).filter(({ guid }) => call.access.inSpace('space:read', guid));
      const self = `/v3/isolation_segments/${row.guid}/relationships/spaces`;
      return ok({ ...toMany(spaces.map(({ guid }) => guid)), links: links(call.base, { self }) });
    }),
    post('/v3/isolation_segments/:guid/relationships/organizations', 'isolation-segment:write', (call) => {
      const row = find(call);
      const guids = parseBody(many, call.text).data.map(({ guid }) => guid);
      const after = cloud.transact((next) => entitle(next, row, guids));
      const self = `/v3/isolation_segments/${row.guid}/relationships/organizations`;
      return ok({ ...toMany(after.entitled), links: links(call.base, { self }) });
    }),
    del('/v3/isolation_segments/:guid/relationships/organizations/:organization', 'isolation-segment:write', (call) => {
      const row = find(call);
      const organization = findOrganization(call, guidOf(call, 'organization'));
      cloud.transact((after) => revoke(after, row, organization));
      return noContent;
    }),
    get('/v3/organizations/:guid/relationships/default_isolation_segment', 'organization:read', (call) =>
      ok(presentDefault(call, findOrganization(call, guidOf(call)))),
    ),
    patch('/v3/organizations/:guid/relationships/default_isolation_segment', 'organization:update', (call) => {
      const organization = findOrganization(call, guidOf(call));
      call.access.requireInOrganization(call.needs, organization.guid, 'Organization');
      const { data } = parseBody(optionalOne, call.text);
      const after = cloud.transact((next) => makeDefault(next, organization, data?.guid ?? undefined));
      return ok(presentDefault(call, after));
    }),
  ];
};
