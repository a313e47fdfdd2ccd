/**
 * Isolation segments: which organizations and spaces use which cells.
 *
 * @see https://docs.cloudfoundry.org/adminguide/isolation-segments.html
 */
import { unprocessable } from './errors';
import { mergeMetadata, NO_METADATA, type MetadataPatch } from './metadata';
import { type IsolationSegment, type Organization, type Space, isSameName } from './records';
import type { State } from './state';

/** The GUID, the same on every foundation, of the segment that stands for the shared cells. */
export const SHARED_SEGMENT = '933b4c58-120b-499a-b85d-4b6fc9e2903b';

interface Fields {
  readonly name: string;
  readonly metadata?: MetadataPatch | null;
}

const requireFreeName = (state: State, name: string, except?: string): void => {
  const isTaken = (other: IsolationSegment): boolean => isSameName(other.name, name) && other.guid !== except;
  if (state.isolationSegments.find(isTaken)) {
    throw unprocessable('Isolation Segment names are case insensitive and must be unique');
  }
};

const requireOwn = ({ guid }: IsolationSegment): void => {
  if (guid === SHARED_SEGMENT) throw unprocessable('Cannot update the shared Isolation Segment');
};

export const createSegment = (state: State, { name, metadata }: Fields): IsolationSegment => {
  requireFreeName(state, name);
  const merged = mergeMetadata(NO_METADATA, metadata);
  return state.isolationSegments.put({ ...state.stamp(), name, entitled: [], metadata: merged });
};

export const updateSegment = (state: State, segment: IsolationSegment, given: Partial<Fields>): IsolationSegment => {
  requireOwn(segment);
  const { name = segment.name } = given;
  requireFreeName(state, name, segment.guid);
  const metadata = mergeMetadata(segment.metadata, given.metadata);
  return state.isolationSegments.put({ ...segment, updatedAt: state.now(), name, metadata });
};

export const deleteSegment = (state: State, segment: IsolationSegment): void => {
  requireOwn(segment);
  if (segment.entitled.length > 0) {
    throw unprocessable('Revoke the Organization entitlements for your Isolation Segment.');
  }
  state.isolationSegments.delete(segment.guid);
};

export const entitle = (state: State, segment: IsolationSegment, guids: readonly string[]): IsolationSegment => {
  const missing = guids.filter((guid) => !state.organizations.get(guid));
  if (missing.length > 0) {
    throw unprocessable(
      `Unable to entitle organizations [${missing.join(', ')}] for isolation segment ${segment.name}. ` +
        'Ensure the organizations exist',
    );
  }
  return state.isolationSegments.put({ ...segment, entitled: [...new Set([...segment.entitled, ...guids])] });
};

export const spacesIn = (state: State, segment: IsolationSegment): Space[] =>
  state.spaces.where(({ segmentGuid }) => segmentGuid === segment.guid);

/** Refused while one of the organization's spaces uses the segment. */
export const revoke = (state: State, segment: IsolationSegment, organization: Organization): void => {
  const used =
    organization.defaultSegmentGuid === segment.guid ||
    spacesIn(state, segment).some(({ organizationGuid }) => organizationGuid === organization.guid);
  if (used) {
    throw unprocessable(
      `Please delete the Space associations for your Isolation Segment in the Organization ${organization.name}.`,
    );
  }
  const entitled = segment.entitled.filter((guid) => guid !== organization.guid);
  state.isolationSegments.put({ ...segment, entitled });
};

/** `undefined` if the organization may not use the segment or it does not exist, which a tenant can't distinguish. */
const entitledSegment = (state: State, guid: string, organizationGuid: string): IsolationSegment | undefined => {
  const segment = state.isolationSegments.get(guid);
  return segment?.entitled.includes(organizationGuid) ? segment : undefined;
};

export const assignToSpace = (state: State, space: Space, guid: string | undefined): Space => {
  if (guid !== undefined && !entitledSegment(state, guid, space.organizationGuid)) {
    throw unprocessable(
      `Unable to set ${guid} as the isolation segment. ` +
        'Ensure it has been entitled to the organization that this space belongs to.',
    );
  }
  return state.spaces.put({ ...space, updatedAt: state.now(), segmentGuid: guid });
};

export const makeDefault = (state: State, organization: Organization, guid: string | undefined): Organization => {
  if (guid !== undefined && !entitledSegment(state, guid, organization.guid)) {
    throw unprocessable(
      `Unable to assign isolation segment with guid '${guid}'. Ensure it has been entitled to the organization.`,
    );
  }
  return state.organizations.put({ ...organization, updatedAt: state.now(), defaultSegmentGuid: guid });
};

/** The segment on whose cells a space's applications run; `null` for the shared one. */
export const segmentName = (state: State, space: Space): string | null => {
  const organization = state.organizations.expect(space.organizationGuid);
  return state.isolationSegments.get(space.segmentGuid ?? organization.defaultSegmentGuid)?.name ?? null;
};

/** Removes the entitlements of a deleted organization. */
export const forgetOrganization = (state: State, guid: string): void => {
  for (const segment of state.isolationSegments.where(({ entitled }) => entitled.includes(guid))) {
    state.isolationSegments.put({ ...segment, entitled: segment.entitled.filter((other) => other !== guid) });
  }
};
