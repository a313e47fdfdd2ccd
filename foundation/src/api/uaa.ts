/** @see https://docs.cloudfoundry.org/api/uaa/ */
import type { Cloud } from '../cloud/cloud';
import { get, type Call, type Endpoint, ok, post } from './endpoint';
import { authenticate } from '../cloud/accounts';
import type { Credential } from '../cloud/records';
import type { TokenResponse, Tokens } from '../cloud/tokens';
import { ownProperty } from '../own-property';

/** UAA's errors have another format than the Cloud Controller's. */
export class UaaError extends Error {
  public override readonly name = 'UaaError';

  public constructor(
    public readonly status: number,
    public readonly code: string,
    description: string,
  ) {
    super(description);
  }
}

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

const badCredentials = (): UaaError => new UaaError(401, 'unauthorized', 'Bad credentials');
const badToken = (): UaaError => new UaaError(401, 'invalid_token', 'The token expired, was revoked, or is not valid');

const decodeBasic = (header: unknown): readonly [string, string] | undefined => {
  const [, encoded] = /^basic\s+(\S+)$/i.exec(typeof header === 'string' ? header : '') ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  try {
    return colon < 0
      ? undefined
      : [decodeURIComponent(text.slice(0, colon)), decodeURIComponent(text.slice(colon + 1))];
  } catch {
    // Half an escape sequence.
    throw badCredentials();
  }
};

/** Takes the client from the header or the form, since an assertion grant sends no header. */
const clientOf = async (cloud: Cloud, call: Call, form: URLSearchParams): Promise<Credential> => {
  const [id, secret] = decodeBasic(call.headers['authorization']) ?? [
    form.get('client_id') ?? '',
    form.get('client_secret') ?? '',
  ];
  const client = await authenticate(cloud.state, 'client', id, secret);
  if (!client) throw badCredentials();
  return client;
};

interface Grant {
  readonly cloud: Cloud;
  readonly tokens: Tokens;
  readonly form: URLSearchParams;
  readonly client: Credential;
}

const issueForUser = ({ cloud, tokens, client }: Grant, userGuid: string): TokenResponse => {
  const user = cloud.state.credentials.get(userGuid);
  if (!user) throw badToken();
  return tokens.issue(user, client.name);
};

const GRANTS: Readonly<Record<string, (grant: Grant) => Promise<TokenResponse> | TokenResponse>> = {
  password: async ({ cloud, tokens, form, client }) => {
    const user = await authenticate(cloud.state, 'user', form.get('username') ?? '', form.get('password') ?? '');
    if (!user) throw badCredentials();
    return tokens.issue(user, client.name);
  },
  client_credentials: ({ tokens, client }) => {
    if (client.scopes.length === 0) {
      throw new UaaError(401, 'invalid_client', `Unauthorized grant type: client_credentials`);
    }
    return tokens.issue(client, client.name);
  },
  refresh_token: (grant) => {
    const claims = grant.tokens.refreshClaims(grant.form.get('refresh_token') ?? '');
    if (!claims) throw badToken();
    return issueForUser(grant, claims.user_id);
  },
  // Only the foundation's own tokens count as assertions: there is no other identity provider.
  'urn:ietf:params:oauth:grant-type:jwt-bearer': (grant) => {
    const actor = grant.tokens.actorOf(grant.form.get('assertion') ?? '');
    if (!actor) throw badToken();
    return issueForUser(grant, actor.userGuid);
  },
};

const issueToken = async (cloud: Cloud, tokens: Tokens, call: Call): Promise<TokenResponse> => {
  const form = new URLSearchParams(call.text);
  const type = form.get('grant_type');
  if (type === null) throw new UaaError(400, 'invalid_request', 'Missing grant type');
  const grant = ownProperty(GRANTS, type);
  if (!grant) throw new UaaError(400, 'unsupported_grant_type', `Unsupported grant type: ${type}`);
  const client = await clientOf(cloud, call, form);
  return grant({ cloud, tokens, form, client });
};

const prompts = {
  app: { version: '77.0.0' },
  links: {},
  prompts: { username: ['text', 'Email'], password: ['password', 'Password'] },
};

/** The platform has two hosts for this, which are two paths here; clients request tokens at either. */
export const uaa = (cloud: Cloud, tokens: Tokens): readonly Endpoint[] => [
  ...['/uaa', '/login'].flatMap((place) => [
    post(
      `${place}/oauth/token`,
      'platform:read',
      async (call) => ({
        status: 200,
        body: await issueToken(cloud, tokens, call),
        headers: { 'Cache-Control': 'no-store' },
      }),
      { query: ['login_hint'] },
    ),
    get(`${place}/login`, 'platform:read', () => ok(prompts)),
    get(`${place}/info`, 'platform:read', () => ok(prompts)),
    get(`${place}/token_key`, 'platform:read', () =>
      ok({ kty: 'RSA', alg: 'RS256', use: 'sig', kid: 'key-1', value: tokens.publicKey }),
    ),
  ]),
];
