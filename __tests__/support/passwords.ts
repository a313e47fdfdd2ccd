import { createHash } from 'node:crypto';

/** A seed that the constructs accept: long, and with many different characters. */
export const SEED = 'a seed that is long and random, as it has to be';

/** The proxy's organization, space, and application. */
type ProxyNames = readonly [orgName: string, spaceName: string, appName: string];

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The password that the constructs derive from {@link SEED} for a client of a proxy. */
export function passwordOf(proxy: ProxyNames, client: string, version = '1'): string {
  const key = (use: string) => sha256(JSON.stringify([use, SEED, ...proxy]));
  return sha256(key('outer') + sha256(`${key('inner')}${client}.${version}`));
}

/** The same as an expression for the engine; the names are expressions. */
export function passwordExpression(seed: string, proxy: ProxyNames, client: string, version = '1'): string {
  const key = (use: string) => `sha256(jsonencode(["${use}", ${[seed, ...proxy].join(', ')}]))`;
  return `sha256(join("", [${key('outer')}, sha256(join("", [${key('inner')}, "${client}.${version}"]))]))`;
}
