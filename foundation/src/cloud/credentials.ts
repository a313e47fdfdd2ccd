import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

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

const account = z.object({ username: z.string().min(1), password: z.string().min(1) });

const schema = z.object({
  admin: account,
  deployer: account,
  /** Access keys of the simulated internet's own bucket. */
  s3: z.object({ accessKeyId: z.string().min(1), secretAccessKey: z.string().min(1) }),
});

export type Credentials = z.output<typeof schema>;

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

const generate = (): Credentials => ({
  admin: { username: 'admin', password: generatePassword() },
  deployer: { username: 'deployer', password: generatePassword() },
  s3: {
    accessKeyId: `AKIA${[...randomBytes(16)].map((byte) => ALPHABET.charAt(byte % ALPHABET.length)).join('')}`,
    secretAccessKey: randomBytes(30).toString('base64url'),
  },
});

/** Writes the file atomically, and never readable by other users. */
const write = (file: string, credentials: Credentials): void => {
  mkdirSync(dirname(file), { recursive: true });
  const temporary = `${file}.new`;
  const descriptor = openSync(temporary, 'w', 0o600);
  writeSync(descriptor, `${JSON.stringify(credentials, null, 2)}\n`);
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(temporary, file);
};

/** Creates the file at the first start, and reads it at each later one. */
export const ensureCredentials = (file: string): Credentials => {
  if (!existsSync(file)) {
    const credentials = generate();
    write(file, credentials);
    return credentials;
  }
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    throw new Error(`can't read the credentials file ${file}: remove it to generate new passwords`);
  }
};
