import type { Cloud } from '../cloud/cloud';
import { get, type Call, type Endpoint } from './endpoint';
import { UaaError } from './uaa-error';

/** The only OAuth client that may get a code. */
export const SSH_CLIENT = 'ssh-proxy';

const requireCodeFor = (cloud: Cloud, { query, access }: Call): void => {
  if (query['response_type'] !== 'code') {
    throw new UaaError(
      400,
      'unsupported_response_type',
      `Unsupported response types: [${query['response_type'] ?? ''}]`,
    );
  }
  if (query['client_id'] !== SSH_CLIENT) {
    throw new UaaError(401, 'invalid_client', `No client with requested id: ${query['client_id'] ?? ''}`);
  }
  if (cloud.state.users.get(access.actor.userGuid)?.username === undefined) {
    throw new UaaError(401, 'unauthorized', 'A client has no user to authorize: log in as a user');
  }
};

/**
 * Issues the one-time code that serves as the password for SSH.
 *
 * @see https://docs.cloudfoundry.org/api/uaa/#authorization-code-grant
 */
export const uaaAuthorize = (cloud: Cloud): readonly Endpoint[] =>
  ['/uaa', '/login'].map((place) =>
    get(
      `${place}/oauth/authorize`,
      'ssh-code:write',
      (call) => {
        requireCodeFor(cloud, call);
        const code = cloud.codes.issue(call.access.actor);
        return { status: 302, headers: { Location: `${call.base}/login?code=${code}`, 'Cache-Control': 'no-store' } };
      },
      { query: ['response_type', 'client_id', 'grant_type'] },
    ),
  );
