import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { jsonIn, NoAnswer, type Requests } from './requests';

export interface Account {
  readonly apiUrl: string;
  readonly user: string;
  readonly password: string;
}

const VARIABLES = ['CF_API_URL', 'CF_USER', 'CF_PASSWORD'] as const;

export function accountFrom(env: NodeJS.ProcessEnv): Account {
  const missing = VARIABLES.filter((name) => (env[name] ?? '') === '');
  if (missing.length > 0) {
    throw new Error(`${missing.join(', ')} not set: for the local foundation run eval "$(space-egress local env)"`);
  }
  return { apiUrl: env.CF_API_URL ?? '', user: env.CF_USER ?? '', password: env.CF_PASSWORD ?? '' };
}

/** The account, as far as the token says. */
export interface Identity {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
}

interface Tokens {
  readonly access_token: string;
  readonly refresh_token?: string;
}

export class Session {
  static async login(requests: Requests, account: Account, uaaUrl: string): Promise<Session> {
    const form = { grant_type: 'password', username: account.user, password: account.password };
    const response = await ask(requests, uaaUrl, form);
    if (response.status === 401) {
      throw new Error(
        `${account.apiUrl} refused the password of user '${account.user}': check CF_USER and CF_PASSWORD`,
      );
    }
    return new Session(requests, uaaUrl, await tokensOf(response));
  }

  constructor(
    private readonly requests: Requests,
    private readonly uaaUrl: string,
    private tokens: Tokens,
  ) {}

  get token(): string {
    return this.tokens.access_token;
  }

  /** Undefined for a token that doesn't say. */
  get identity(): Identity | undefined {
    try {
      const claims = JSON.parse(Buffer.from(this.token.split('.')[1] ?? '', 'base64url').toString()) as {
        user_id?: string;
        user_name?: string;
        scope?: string[];
      };
      return { id: claims.user_id ?? '', name: claims.user_name ?? '', scopes: claims.scope ?? [] };
    } catch {
      return undefined;
    }
  }

  /** A token is valid for minutes, while a rate limit may last an hour. */
  async renew(): Promise<boolean> {
    const { refresh_token: refresh } = this.tokens;
    if (refresh === undefined || refresh === '') return false;
    const response = await ask(this.requests, this.uaaUrl, { grant_type: 'refresh_token', refresh_token: refresh });
    if (!response.ok) return false;
    this.tokens = { refresh_token: refresh, ...(await tokensOf(response)) };
    return true;
  }
}

function ask(requests: Requests, uaaUrl: string, form: Record<string, string>): Promise<Response> {
  return requests.send(`${uaaUrl}/oauth/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from('cf:').toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams(form),
  });
}

async function tokensOf(response: Response): Promise<Tokens> {
  const text = await response.text();
  if (response.status >= 500 || response.status === 429)
    throw new NoAnswer(`${response.url} answered ${response.status}`);
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}: ${text}`);
  return jsonIn(response, text) as Tokens;
}

interface CommandLogin {
  readonly apiUrl: string;
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly org?: string;
}

/** Undefined if the cf CLI isn't logged in, or is logged in to another API. */
export function commandLogin(env: NodeJS.ProcessEnv): CommandLogin | undefined {
  const file = join(env.CF_HOME ?? env.HOME ?? homedir(), '.cf', 'config.json');
  try {
    const config = JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, unknown>>;
    const { Target: apiUrl, AccessToken: token, RefreshToken: refresh, OrganizationFields: org } = config;
    if (typeof apiUrl !== 'string' || typeof token !== 'string' || apiUrl === '' || token === '') return undefined;
    if ((env.CF_API_URL ?? apiUrl).replace(/\/$/, '') !== apiUrl.replace(/\/$/, '')) return undefined;
    const { Name: name } = (org ?? {}) as { Name?: unknown };
    return {
      apiUrl,
      accessToken: token.replace(/^bearer\s+/i, ''),
      refreshToken: typeof refresh === 'string' ? refresh : '',
      ...(typeof name === 'string' && name !== '' && { org: name }),
    };
  } catch {
    return undefined;
  }
}
