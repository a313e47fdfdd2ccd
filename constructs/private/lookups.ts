import { DataCloudfoundryDomain } from '@cdktf/provider-cloudfoundry/lib/data-cloudfoundry-domain';
import { DataCloudfoundryOrg } from '@cdktf/provider-cloudfoundry/lib/data-cloudfoundry-org';
import { DataCloudfoundrySecurityGroup } from '@cdktf/provider-cloudfoundry/lib/data-cloudfoundry-security-group';
import { DataCloudfoundryServicePlan } from '@cdktf/provider-cloudfoundry/lib/data-cloudfoundry-service-plan';
import { type TerraformProvider, TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import { textOf } from './tokens';

// Existing things that are only read. A stack looks each one up once, however many constructs need it: a plan of a
// thousand applications reads one domain.

type Named = { readonly name: string; readonly provider?: TerraformProvider };
type Lookup<T> = (scope: Construct, name: string, provider?: TerraformProvider) => T;

const byName =
  <T extends Construct>(kind: string, Data: new (scope: Construct, id: string, config: Named) => T): Lookup<T> =>
  (scope, name, provider) =>
    once(scope, kind, name, provider, (at, id) => new Data(at, id, { name, provider }));

export const organization = byName('Organization', DataCloudfoundryOrg);
export const domain = byName('Domain', DataCloudfoundryDomain);
export const securityGroup = byName('SecurityGroup', DataCloudfoundrySecurityGroup);

export function servicePlan(
  scope: Construct,
  serviceOfferingName: string,
  name: string,
  provider?: TerraformProvider,
): DataCloudfoundryServicePlan {
  const config = { name, serviceOfferingName, provider };
  const text = `${serviceOfferingName}:${name}`;
  return once(scope, 'ServicePlan', text, provider, (at, id) => new DataCloudfoundryServicePlan(at, id, config));
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
