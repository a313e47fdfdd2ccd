import { z } from 'zod';
import type { Cloud } from '../cloud/cloud';
import type { SecurityGroup } from '../cloud/records';
import {
  bindSpaces,
  canReadSecurityGroup,
  createSecurityGroup,
  unbindSpace,
  updateSecurityGroup,
  type Phase,
} from '../cloud/security-groups';
import { many, name, parseBody } from './body';
import { list } from './collection';
import {
  created,
  del,
  get,
  guidOf,
  noContent,
  ok,
  patch,
  post,
  type Call,
  type Endpoint,
  links,
  presentRow,
  toMany,
} from './endpoint';
import { acceptJob } from './jobs';
import { found, requireSpace } from './lookup';

const fields = {
  globally_enabled: z.strictObject({ running: z.boolean().optional(), staging: z.boolean().optional() }).optional(),
  rules: z.array(z.unknown()).optional(),
};
const createSchema = z.strictObject({
  name,
  ...fields,
  relationships: z.strictObject({ running_spaces: many.optional(), staging_spaces: many.optional() }).optional(),
});
const updateSchema = z.strictObject({ name: name.optional(), ...fields });

const guids = (relationship: z.output<typeof many> | undefined): string[] | undefined =>
  relationship?.data.map(({ guid }) => guid);

export const securityGroups = (cloud: Cloud): readonly Endpoint[] => {
  const { state } = cloud;
  const find = (call: Call): SecurityGroup =>
    found(state.securityGroups.get(call.params['guid']), 'Security group', (group) =>
      canReadSecurityGroup(call.access, group),
    );
  const readable = ({ access }: Call, spaces: readonly string[]): string[] =>
    spaces.filter((guid) => access.inSpace('space:read', guid));
  const presentGroup = (group: SecurityGroup, call: Call) => ({
    ...presentRow(group),
    name: group.name,
    rules: group.rules,
    globally_enabled: group.globallyEnabled,
    relationships: {
      running_spaces: toMany(readable(call, group.runningSpaces)),
      staging_spaces: toMany(readable(call, group.stagingSpaces)),
    },
    links: links(call.base, { self: `/v3/security_groups/${group.guid}` }),
  });
  const binding = (phase: Phase): readonly Endpoint[] => {
    const spaces = ({ runningSpaces, stagingSpaces }: SecurityGroup): readonly string[] =>
      phase === 'running' ? runningSpaces : stagingSpaces;
    return [
      post(`/v3/security_groups/:guid/relationships/${phase}_spaces`, 'security-group:bind', (call) => {
        const group = find(call);
        const bound = guids(parseBody(many, call.text)) ?? [];
        const after = cloud.transact((next) => bindSpaces(next, call.access, group, phase, bound));
        const self = `/v3/security_groups/${group.guid}/relationships/${phase}_spaces`;
        return ok({ ...toMany(readable(call, spaces(after))), links: links(call.base, { self }) });
      }),
      del(`/v3/security_groups/:guid/relationships/${phase}_spaces/:space`, 'security-group:bind', (call) => {
        const group = find(call);
        cloud.transact((next) => unbindSpace(next, call.access, group, phase, guidOf(call, 'space')));
        return noContent;
      }),
      // The groups that apply to a space: those bound to it, and those bound to all spaces.
      list<SecurityGroup>({
        path: `/v3/spaces/:guid/${phase}_security_groups`,
        needs: 'space:read',
        rows: (call) => {
          requireSpace(state, call);
          return state.securityGroups.where(
            (group) => group.globallyEnabled[phase] || spaces(group).includes(guidOf(call)),
          );
        },
        filters: { guids: (row) => row.guid, names: (row) => row.name },
        present: presentGroup,
      }),
    ];
  };
  return [
    list({
      path: '/v3/security_groups',
      needs: 'security-group:read',
      rows: ({ access }) => state.securityGroups.where((group) => canReadSecurityGroup(access, group)),
      filters: {
        guids: (row) => row.guid,
        names: (row) => row.name,
        globally_enabled_running: (row) => String(row.globallyEnabled.running),
        globally_enabled_staging: (row) => String(row.globallyEnabled.staging),
        running_space_guids: (row) => row.runningSpaces,
        staging_space_guids: (row) => row.stagingSpaces,
      },
      present: presentGroup,
    }),
    get('/v3/security_groups/:guid', 'security-group:read', (call) => ok(presentGroup(find(call), call))),
    post('/v3/security_groups', 'security-group:write', (call) => {
      call.access.require(call.needs);
      const body = parseBody(createSchema, call.text);
      const command = {
        name: body.name,
        rules: body.rules,
        globallyEnabled: body.globally_enabled,
        runningSpaces: guids(body.relationships?.running_spaces),
        stagingSpaces: guids(body.relationships?.staging_spaces),
      };
      const made = cloud.transact((after) => createSecurityGroup(after, call.access, command));
      return created(presentGroup(made, call));
    }),
    patch('/v3/security_groups/:guid', 'security-group:write', (call) => {
      const group = find(call);
      call.access.require(call.needs);
      const { globally_enabled: globallyEnabled, ...body } = parseBody(updateSchema, call.text);
      const command = { ...body, globallyEnabled };
      const changed = cloud.transact((after) => updateSecurityGroup(after, call.access, group, command));
      return ok(presentGroup(changed, call));
    }),
    del('/v3/security_groups/:guid', 'security-group:write', (call) => {
      const { guid } = find(call);
      call.access.require(call.needs);
      return acceptJob(cloud, call, 'security_group.delete', { guid });
    }),
    ...binding('running'),
    ...binding('staging'),
  ];
};
