import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify<string, Buffer, number, Buffer>(scrypt);
const KEY_LENGTH = 32;

/** @returns `SALT.KEY`, both in hex */
export const hashPassword = async (password: string, salt = randomBytes(16)): Promise<string> =>
  `${salt.toString('hex')}.${(await derive(password, salt, KEY_LENGTH)).toString('hex')}`;

/** Compares in constant time. */
export const verifyPassword = async (password: string, hash: string): Promise<boolean> => {
  const [salt = '', key = ''] = hash.split('.');
  const expected = Buffer.from(key, 'hex');
  const actual = await derive(password, Buffer.from(salt, 'hex'), KEY_LENGTH);
  return expected.length === actual.length && timingSafeEqual(expected, actual);
};

/**
 * 192 random bits, in hexadecimal: it needs no quoting anywhere, and can't begin with `-`, which `cf auth` would take
 * for an option.
 */
export const generatePassword = (): string => randomBytes(24).toString('hex');
