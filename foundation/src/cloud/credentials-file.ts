import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { z } from 'zod';
import { generatePassword } from './passwords';

const account = z.object({ username: z.string().min(1), password: z.string().min(1) });

const schema = z.object({
  admin: account,
  deployer: account,
  /** Keys of the own bucket in the simulated internet. */
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

/** Whole or not at all, and never readable by others. */
const write = (file: string, credentials: Credentials): void => {
  mkdirSync(dirname(file), { recursive: true });
  const temporary = `${file}.new`;
  const descriptor = openSync(temporary, 'w', 0o600);
  writeSync(descriptor, `${JSON.stringify(credentials, null, 2)}\n`);
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(temporary, file);
};

/** The file is the truth: made at the first start, taken as it is at each later one. */
export const ensureCredentials = (file: string): Credentials => {
  if (!existsSync(file)) {
    const credentials = generate();
    write(file, credentials);
    return credentials;
  }
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    throw new Error(`credentials file ${file} can't be read; remove it, and new passwords are made`);
  }
};
