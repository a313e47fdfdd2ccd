import { createPublicKey, generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto';
import { sign, verify } from 'jsonwebtoken';
import { z } from 'zod';
import type { Actor } from './permissions';
import type { Credential } from './records';
import type { State } from './state';

const KEY = 'token-key';
const KEY_ID = 'key-1';
const ACCESS_SECONDS = 600;
const REFRESH_SECONDS = 30 * 24 * 3600;
/** Tolerates corrections of the clock by this much. */
const LEEWAY_SECONDS = 60;

const claims = z.object({
  jti: z.string(),
  user_id: z.string(),
  user_name: z.string(),
  client_id: z.string(),
  scope: z.array(z.string()),
  iat: z.number(),
});
export type Claims = z.output<typeof claims>;

export interface TokenResponse {
  readonly access_token: string;
  readonly token_type: 'bearer';
  readonly id_token?: string;
  readonly refresh_token?: string;
  readonly expires_in: number;
  readonly scope: string;
  readonly jti: string;
}

/** Generates the key at the first start, so tokens stay valid across restarts. */
export const ensureTokenKey = (state: State): void => {
  if (!state.facts.get(KEY)) {
    const { privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    state.facts.put({ ...state.stamp(), guid: KEY, value: privateKey });
  }
};

export class Tokens {
  private readonly privateKey: string;
  public readonly publicKey: string;
  /** Parsed once, since every request has a token. */
  private readonly verifier: KeyObject;

  public constructor(
    private readonly state: State,
    private readonly issuer: string,
  ) {
    this.privateKey = String(state.facts.expect(KEY).value);
    this.verifier = createPublicKey(this.privateKey);
    this.publicKey = this.verifier.export({ type: 'spki', format: 'pem' }).toString();
  }

  public issue(credential: Credential, clientId: string): TokenResponse {
    const jti = randomUUID().replaceAll('-', '');
    const person = credential.kind === 'user';
    const payload = {
      sub: credential.guid,
      user_id: credential.guid,
      user_name: credential.name,
      ...(person ? { origin: 'uaa', email: credential.name } : {}),
      client_id: clientId,
      cid: clientId,
      scope: credential.scopes,
      aud: [clientId, 'cloud_controller', 'uaa', 'openid'],
      zid: 'uaa',
    };
    return {
      access_token: this.sign(payload, jti, ACCESS_SECONDS),
      token_type: 'bearer',
      ...(person
        ? {
            id_token: this.sign({ ...payload, aud: [clientId] }, jti, ACCESS_SECONDS),
            refresh_token: this.sign(payload, `${jti}-r`, REFRESH_SECONDS),
          }
        : {}),
      expires_in: ACCESS_SECONDS - 1,
      scope: credential.scopes.join(' '),
      jti,
    };
  }

  /** The holder of the access token; `undefined` if the token is invalid, revoked, or expired. */
  public actorOf(token: string): Actor | undefined {
    const read = this.read(token);
    return read && !read.jti.endsWith('-r')
      ? { userGuid: read.user_id, userName: read.user_name, scopes: read.scope }
      : undefined;
  }

  public refreshClaims(token: string): Claims | undefined {
    const read = this.read(token);
    return read?.jti.endsWith('-r') ? read : undefined;
  }

  private sign(payload: object, jwtid: string, expiresIn: number): string {
    return sign({ ...payload, iat: this.seconds }, this.privateKey, {
      algorithm: 'RS256',
      issuer: this.issuer,
      jwtid,
      expiresIn,
      keyid: KEY_ID,
    });
  }

  private read(token: string): Claims | undefined {
    const { issuer, seconds: clockTimestamp } = this;
    try {
      const read = claims.parse(verify(token, this.verifier, { algorithms: ['RS256'], issuer, clockTimestamp }));
      // Refuses tokens from the future: if the clock was set back, they would stay valid for longer.
      return read.iat <= clockTimestamp + LEEWAY_SECONDS ? read : undefined;
    } catch {
      return undefined;
    }
  }

  private get seconds(): number {
    return Math.floor(this.state.clock.now() / 1000);
  }
}
