import { createHash, generateKeyPairSync } from 'node:crypto';
import { utils } from 'ssh2';
import type { State } from '../cloud/state';

const KEY = 'ssh-host-key';

/** Generates the host key at the first start. Clients compare it with the fingerprint in the API. */
export const ensureHostKey = (state: State): void => {
  if (!state.facts.get(KEY)) {
    // Not with ssh2 1.17, which can't read one in 180 of the Ed25519 keys that it generates.
    const { privateKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      privateKeyEncoding: { type: 'sec1', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    state.facts.put({ ...state.stamp(), guid: KEY, value: privateKey });
  }
};

export const hostKey = (state: State): string => String(state.facts.expect(KEY).value);

/** SHA-256 in base64 without padding, as `ssh-keygen -l` prints it, which the cf CLI recognizes by its length. */
export const fingerprintOf = (key: string): string => {
  const parsed = utils.parseKey(key);
  if (parsed instanceof Error) throw parsed;
  return createHash('sha256').update(parsed.getPublicSSH()).digest('base64').replace(/=+$/, '');
};
