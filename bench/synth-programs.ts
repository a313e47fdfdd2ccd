/** Programs whose time must grow no faster than their size, and the same in bare cdktf. */
import { CloudfoundryProvider } from '@cdktf/provider-cloudfoundry/lib/provider';
import { type App, TerraformStack } from 'cdktf';
import { Application, AppSource, Destination, Egress, EgressProxy, EgressSpace, Route } from '../constructs';
import { rawApplications, rawSeededClients, rawStacks, seedOf } from './raw-cdktf';

export interface Growing {
  readonly what: string;
  readonly few: number;
  readonly many: number;
  readonly ours: Build;
  readonly bare: Build;
}

type Build = (app: App, count: number) => void;

export const GROWING: readonly Growing[] = [
  { what: 'stacks with checks', few: 10, many: 40, ours: checkedStacks, bare: rawStacks },
  { what: 'applications in one stack', few: 100, many: 1000, ours: applications, bare: rawApplications },
  { what: 'clients of a proxy with a seed', few: 30, many: 300, ours: seededClients, bare: rawSeededClients },
];

function checkedStacks(app: App, count: number): void {
  for (let index = 0; index < count; index++) {
    const { stack, inside, proxy } = parts(app, `stack-${index}`);
    new Application(stack, 'Web', { space: inside, source: AppSource.image('web:1') }).useProxy(proxy);
  }
}

function seededClients(app: App, count: number): void {
  const { stack, inside, proxy } = parts(app, 'seeded', seedOf);
  for (let index = 0; index < count; index++) {
    const client = new Application(stack, `App${index}`, { space: inside, source: AppSource.image('web:1') });
    client.useProxy(proxy);
  }
}

function parts(app: App, name: string, seedOf?: (stack: TerraformStack) => string) {
  const stack = new TerraformStack(app, name);
  new CloudfoundryProvider(stack, 'cloudfoundry');
  const at = { orgName: 'agency', deployers: ['ci'] };
  const outside = new EgressSpace(stack, 'Outside', { ...at, spaceName: 'outside', egress: Egress.PUBLIC });
  const inside = new EgressSpace(stack, 'Inside', { ...at, spaceName: 'inside', egress: Egress.TRUSTED_LOCAL });
  const proxy = new EgressProxy(stack, 'Proxy', {
    space: outside,
    source: AppSource.image('proxy@sha256:1'),
    seed: seedOf?.(stack),
  });
  return { stack, inside, proxy };
}

/** Every application with its own route, proxy, and destination. */
function applications(app: App, count: number): void {
  const { stack, inside, proxy } = parts(app, 'bench');
  for (let index = 0; index < count; index++) {
    const client = new Application(stack, `App${index}`, { space: inside, source: AppSource.image('web:1') });
    client.useProxy(proxy);
    proxy.allowDestinations(Destination.host(`host-${index}.example.gov`));
    new Route(stack, `Route${index}`, { app: client, host: `app-${index}`, domain: 'app.cloud.gov' });
  }
}
