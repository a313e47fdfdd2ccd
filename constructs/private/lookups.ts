import { DataCloudfoundryDomain } from '@cdktf/provider-cloudfoundry/lib/data-cloudfoundry-domain';
import { DataCloudfoundryOrg } from '@cdktf/provider-cloudfoundry/lib/data-cloudfoundry-org';
import { DataCloudfoundrySecurityGroup } from '@cdktf/provider-cloudfoundry/lib/data-cloudfoundry-security-group';
import { DataCloudfoundryServicePlan } from '@cdktf/provider-cloudfoundry/lib/data-cloudfoundry-service-plan';
import { type TerraformProvider, TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import { textOf } from './tokens';

// Existing things that are only read. A stack looks each one up once, however many constructs need it: a plan of a
// thousand applications reads one domain.

export function organization(scope: Construct, name: string, provider?: TerraformProvider): DataCloudfoundryOrg {
  return once(scope, 'Organization', name, provider, (at, id) => new DataCloudfoundryOrg(at, id, { name, provider }));
}

export function domain(scope: Construct, name: string, provider?: TerraformProvider): DataCloudfoundryDomain {
  return once(scope, 'Domain', name, provider, (at, id) => new DataCloudfoundryDomain(at, id, { name, provider }));
}

export function securityGroup(
  scope: Construct,
  name: string,
  provider?: TerraformProvider,
): DataCloudfoundrySecurityGroup {
  return once(
    scope,
    'SecurityGroup',
    name,
    provider,
    (at, id) => new DataCloudfoundrySecurityGroup(at, id, { name, provider }),
  );
}

export function servicePlan(
  scope: Construct,
  offering: string,
  plan: string,
  provider?: TerraformProvider,
): DataCloudfoundryServicePlan {
  return once(
    scope,
    'ServicePlan',
    `${offering}:${plan}`,
    provider,
    (at, id) => new DataCloudfoundryServicePlan(at, id, { name: plan, serviceOfferingName: offering, provider }),
  );
}

function once<T extends Construct>(
  scope: Construct,
  kind: string,
  name: string,
  provider: TerraformProvider | undefined,
  make: (scope: Construct, id: string) => T,
): T {
  if (name === '') throw new Error(`the name of what is looked up as ${kind} is '': give one that is not empty`);
  const stack = TerraformStack.of(scope);
  const known = stack.node.tryFindChild('Lookup');
  const lookups = Construct.isConstruct(known) ? known : new Construct(stack, 'Lookup');
  const by = provider?.alias === undefined ? '' : `-${provider.alias}`;
  const id = `${kind}-${textOf(stack, name)}${by}`.replaceAll('/', '-');
  return (lookups.node.tryFindChild(id) as T | undefined) ?? make(lookups, id);
}
