import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify<string, Buffer, number, Buffer>(scrypt);
const KEY_LENGTH = 32;

/** `SALT.KEY`, both in hex. */
export const hashPassword = async (password: string, salt = randomBytes(16)): Promise<string> =>
  `${salt.toString('hex')}.${(await derive(password, salt, KEY_LENGTH)).toString('hex')}`;

/** Takes the same time whether the first character is wrong or the last. */
export const verifyPassword = async (password: string, hash: string): Promise<boolean> => {
  const [salt = '', key = ''] = hash.split('.');
  const expected = Buffer.from(key, 'hex');
  const actual = await derive(password, Buffer.from(salt, 'hex'), KEY_LENGTH);
  return expected.length === actual.length && timingSafeEqual(expected, actual);
};

/**
 * 192 bits, in characters that need no quoting anywhere. Hexadecimal, because base64url may begin with `-`, which
 * `cf auth admin PASSWORD` takes for an option.
 */
export const generatePassword = (): string => randomBytes(24).toString('hex');
