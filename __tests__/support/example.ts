import type { TerraformStack } from 'cdktf';
import { Application, AppSource, Egress, EgressProxy, EgressSpace } from '../../constructs';

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
