import { createHash } from 'node:crypto';
import type { TerraformStack } from 'cdktf';
import { Application, AppSource, Egress, EgressProxy, EgressSpace } from '../../constructs';

/** A space that someone else owns, of which nothing is read. */
export const knownSpace = (stack: TerraformStack, egress?: Egress) =>
  EgressSpace.fromLookup(stack, 'Space', { orgName: 'o', spaceName: 's', spaceId: 'guid', egress });

/** A minimal public space with a proxy, and a minimal closed one with a client. */
export function example(stack: TerraformStack, source = AppSource.image('registry.example/web@sha256:1')) {
  const outside = new EgressSpace(stack, 'Outside', {
    orgName: 'agency',
    spaceName: 'outside',
    egress: Egress.PUBLIC,
    deployers: ['ci'],
  });
  const inside = new EgressSpace(stack, 'Inside', { orgName: 'agency', spaceName: 'inside', deployers: ['ci'] });
  const proxy = new EgressProxy(stack, 'Proxy', {
    space: outside,
    source: AppSource.image('registry.example/proxy@sha256:2'),
  });
  const client = new Application(stack, 'Client', { space: inside, source });
  return { outside, inside, proxy, client };
}

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
