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
import { del, guidOf, noContent, ok, post, type Call, type Endpoint } from './endpoint';
import { links, presentRow, toMany } from './present';
import { found, requireSpace, requireVisible } from './lookup';
import { endpointsOf } from './resource';

const fields = {
  globally_enabled: z.strictObject({ running: z.boolean().optional(), staging: z.boolean().optional() }).optional(),
  rules: z.array(z.unknown()).optional(),
};
const createSchema = z
  .strictObject({
    name,
    ...fields,
    relationships: z.strictObject({ running_spaces: many.optional(), staging_spaces: many.optional() }).optional(),
  })
  .transform(({ globally_enabled: globallyEnabled, relationships, ...body }) => ({
    ...body,
    globallyEnabled,
    runningSpaces: guids(relationships?.running_spaces),
    stagingSpaces: guids(relationships?.staging_spaces),
  }));
const updateSchema = z
  .strictObject({ name: name.optional(), ...fields })
  .transform(({ globally_enabled: globallyEnabled, ...body }) => ({ ...body, globallyEnabled }));

const guids = (relationship: z.output<typeof many> | undefined): string[] | undefined =>
  relationship?.data.map(({ guid }) => guid);

export const securityGroups = (cloud: Cloud): readonly Endpoint[] => {
  const { state } = cloud;
  const isVisible =
    ({ access }: Call) =>
    (row: SecurityGroup) =>
      canReadSecurityGroup(access, row);
  const find = (call: Call): SecurityGroup =>
    found(state.securityGroups.get(guidOf(call)), 'Security group', isVisible(call));
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
        filters: { guids: 'guid', names: 'name' },
        present: presentGroup,
      }),
    ];
  };
  const group = endpointsOf<SecurityGroup>(
    cloud,
    {
      path: '/v3/security_groups',
      needs: 'security-group:read',
      rows: (call) => state.securityGroups.where(isVisible(call)),
      filters: {
        guids: 'guid',
        names: 'name',
        globally_enabled_running: (row) => String(row.globallyEnabled.running),
        globally_enabled_staging: (row) => String(row.globallyEnabled.staging),
        running_space_guids: (row) => row.runningSpaces,
        staging_space_guids: (row) => row.stagingSpaces,
      },
      present: presentGroup,
    },
    (call) => requireVisible(state.securityGroups, call, 'Security group', isVisible(call)),
  );
  return [
    group.list,
    group.read(),
    group.create('security-group:write', createSchema, createSecurityGroup),
    group.change('security-group:write', updateSchema, updateSecurityGroup),
    group.remove('security-group:write', 'security_group.delete'),
    ...binding('running'),
    ...binding('staging'),
  ];
};
