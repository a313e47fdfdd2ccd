import { createHash, generateKeyPairSync } from 'node:crypto';
import { utils } from 'ssh2';
import type { State } from '../cloud/state';

const KEY = 'ssh-host-key';

/** Made at the first start, and the same ever after: clients compare it with what the API says of it. */
export const ensureHostKey = (state: State): void => {
  if (!state.facts.get(KEY)) {
    // Not by ssh2 1.17: of the Ed25519 keys that it makes it can't read one in 180.
    const { privateKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      privateKeyEncoding: { type: 'sec1', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    state.facts.put({ ...state.stamp(), guid: KEY, value: privateKey });
  }
};

export const hostKey = (state: State): string => String(state.facts.expect(KEY).value);

/** SHA-256 in base64 without padding, as `ssh-keygen -l` has it: one of the forms that the cf command knows by length. */
export const fingerprintOf = (key: string): string => {
  const parsed = utils.parseKey(key);
  if (parsed instanceof Error) {
    throw parsed;
  }
  return createHash('sha256').update(parsed.getPublicSSH()).digest('base64').replace(/=+$/, '');
};
