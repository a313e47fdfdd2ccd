import { notAuthorized, unprocessable } from './errors';
import type { Access } from './permissions';
import type { SecurityGroup } from './records';
import { parseRules } from './security-group-rules';
import type { State } from './state';

/** A space has one set of groups for running applications, and one for staging. */
export type Phase = 'running' | 'staging';

const SPACES = { running: 'runningSpaces', staging: 'stagingSpaces' } as const;

export interface SecurityGroupCommand {
  readonly name?: string;
  readonly rules?: readonly unknown[];
  readonly globallyEnabled?: { readonly running?: boolean; readonly staging?: boolean };
  readonly runningSpaces?: readonly string[];
  readonly stagingSpaces?: readonly string[];
}

const requireSpaces = (state: State, access: Access, guids: readonly string[]): void => {
  const hidden = guids.filter((guid) => !state.spaces.get(guid) || !access.inSpace('space:read', guid));
  if (hidden.length > 0) {
    throw unprocessable(`Spaces with guids ${JSON.stringify(hidden)} do not exist, or you do not have access to them.`);
  }
};

const requireFreeName = (state: State, name: string, except?: string): void => {
  if (state.securityGroups.find((other) => other.name === name && other.guid !== except)) {
    throw unprocessable(`Security group with name '${name}' already exists.`);
  }
};

/**
 * Everyone sees a group that is globally enabled; others are visible to those who can read a space they are bound to.
 *
 * @see https://v3-apidocs.cloudfoundry.org/#security-groups
 */
export const canReadSecurityGroup = (access: Access, group: SecurityGroup): boolean =>
  access.everywhere('security-group:read') ||
  group.globallyEnabled.running ||
  group.globallyEnabled.staging ||
  [...group.runningSpaces, ...group.stagingSpaces].some((guid) => access.inSpace('space:read', guid));

export const createSecurityGroup = (
  state: State,
  access: Access,
  command: SecurityGroupCommand & { readonly name: string },
): SecurityGroup => {
  access.require('security-group:write');
  requireFreeName(state, command.name);
  const { runningSpaces = [], stagingSpaces = [] } = command;
  requireSpaces(state, access, [...runningSpaces, ...stagingSpaces]);
  return state.securityGroups.put({
    ...state.stamp(),
    name: command.name,
    rules: parseRules(command.rules ?? []),
    globallyEnabled: {
      running: command.globallyEnabled?.running ?? false,
      staging: command.globallyEnabled?.staging ?? false,
    },
    runningSpaces,
    stagingSpaces,
  });
};

export const updateSecurityGroup = (
  state: State,
  access: Access,
  group: SecurityGroup,
  command: SecurityGroupCommand,
): SecurityGroup => {
  access.require('security-group:write');
  const name = command.name ?? group.name;
  requireFreeName(state, name, group.guid);
  return state.securityGroups.put({
    ...group,
    updatedAt: state.now(),
    name,
    rules: command.rules ? parseRules(command.rules) : group.rules,
    globallyEnabled: { ...group.globallyEnabled, ...command.globallyEnabled },
  });
};

/** Managers of a space may bind groups, developers may not. */
export const bindSpaces = (
  state: State,
  access: Access,
  group: SecurityGroup,
  phase: Phase,
  guids: readonly string[],
): SecurityGroup => {
  requireSpaces(state, access, guids);
  if (!guids.every((guid) => access.inSpace('security-group:bind', guid))) throw notAuthorized();
  const bound = [...new Set([...group[SPACES[phase]], ...guids])];
  return state.securityGroups.put({ ...group, updatedAt: state.now(), [SPACES[phase]]: bound });
};

export const unbindSpace = (state: State, access: Access, group: SecurityGroup, phase: Phase, guid: string): void => {
  const bound = group[SPACES[phase]];
  if (!bound.includes(guid) || !access.inSpace('space:read', guid)) {
    throw unprocessable(
      `Unable to unbind security group from space with guid '${guid}'. ` +
        'Ensure the space is bound to this security group.',
    );
  }
  if (!access.inSpace('security-group:bind', guid)) throw notAuthorized();
  state.securityGroups.put({
    ...group,
    updatedAt: state.now(),
    [SPACES[phase]]: bound.filter((other) => other !== guid),
  });
};
