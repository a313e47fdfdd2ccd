import { credentials } from './client';

/** Passwords, and their bcrypt hashes with cost 5, as Terraform's function creates them. */
export const USERS = {
  'web.1': ['first password', '$2a$05$CKxjrfOvMfS62uMTNS4jzOWMVLPfbHyfI7FeOy1ngZLpDCrOx1zPq'],
  'web.2': ['second password', '$2a$05$Spe2sw1QzSv/3h2VBCTcAOnrjF8pwdaeAGX/vBHw8GQhZ0mu5IA0C'],
  // Encoded as in an address.
  'batch.2': ['a-password-in-an-address', '$2a$05$CKxjrfOvMfS62uMTNS4jzOzq.pJAaD84D2D1d9PENcjlQoOHc4CyO'],
  'batch.1': ['another password', '$2a$05$q24I2WtpMxj/Oh9yAjPta.op7mZXfV7S9nLlKOoM0RJMAs2MjDFZi'],
} as const;

export type User = keyof typeof USERS;

/** EGRESS_CREDENTIALS for a proxy that knows these users. */
export const hashesOf = (...users: readonly User[]): string =>
  users.map((user) => `${user} ${USERS[user][1]}`).join('\n');

/** The header for a request from this user. */
export const as = (user: User) => credentials(user, USERS[user][0]);
