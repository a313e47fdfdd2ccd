import type { Grant } from '../../model/facts';
import { canonical, listOf, isObject, type Resource, type Value } from '../values';

/**
 * Offerings of which each plan is a role on the platform, and each instance, key or binding an account with that role.
 * Others are treated as ordinary services, although a foundation may have a broker that creates accounts under its own
 * name.
 *
 * @see https://cloud.gov/docs/services/cloud-gov-service-account/
 */
const ACCOUNT_OFFERINGS: ReadonlySet<string> = new Set(['cloud-gov-service-account']);

/** How to find and print what a resource refers to. */
interface Names {
  readonly find: (value: Value | undefined, from: Resource) => readonly Resource[];
  readonly space: (resource: Resource) => string;
  readonly application: (resource: Resource) => string;
  readonly home: (resource: Resource) => string;
}

type Account = Pick<Grant, 'what' | 'via' | 'certain' | 'token'>;

/** The platform accounts that services give to applications and to holders of a key. */
export function accountsOf(resources: readonly Resource[], names: Names): Grant[] {
  const of = (type: string): Resource[] => resources.filter((each) => each.type === type);
  const instances = of('cloudfoundry_service_instance').filter(({ managed }) => managed);
  const grant = (who: string, account: Account, { stack, address, path }: Resource): Grant => {
    return { way: 'role', who, ...account, origin: { stack, address, path } };
  };
  const bindings = of('cloudfoundry_service_credential_binding').filter(({ managed }) => managed);
  return [
    ...instances.flatMap((instance) =>
      accountOf(instance, names).map((account) => grant(`whoever binds ${called(instance)}`, account, instance)),
    ),
    ...bindings.flatMap((binding) => {
      const { service_instance: id = null, app } = binding.values;
      const [application] = names.find(app, binding);
      const who = application === undefined ? `whoever has ${called(binding)}` : names.application(application);
      return boundAccounts(id, binding, names).map((account) => grant(who, account, binding));
    }),
    ...of('cloudfoundry_app')
      .filter(({ managed }) => managed)
      .flatMap((application) => {
        const bound = new Set(listOf(application.values.service_bindings).filter(isObject).map(nameOf));
        return instances
          .filter(({ values }) => bound.has(values.name ?? null))
          .flatMap((instance) => accountOf(instance, names).filter(({ certain }) => certain))
          .map((account) => grant(names.application(application), account, application));
      }),
  ];
}

function nameOf({ service_instance: name = null }: Readonly<Record<string, Value>>): Value {
  return name;
}

/**
 * If the plan doesn't contain the instance, a key may be that of an account; what an application gets is covered
 * elsewhere.
 */
function boundAccounts(id: Value, binding: Resource, names: Names): Account[] {
  if (id === null) return [];
  const found = names.find(id, binding);
  const isKey = binding.values.type === 'key';
  if (found.length > 0)
    return found.flatMap((instance) => accountOf(instance, names).filter(({ certain }) => certain || isKey));
  return isKey ? [{ what: 'whatever its service gives', via: 'a space', certain: false, token: canonical(id) }] : [];
}

function accountOf(instance: Resource, { find, space }: Names): Account[] {
  const { service_plan: plan = null, space: home = null } = instance.values;
  if (plan === null || plan === '') return [];
  const [own] = find(home, instance);
  const via = own === undefined ? `the space of ${instance.address}` : space(own);
  const [described] = find(plan, instance).filter(({ type }) => type === 'cloudfoundry_service_plan');
  const { name, service_offering_name: offering } = described?.values ?? {};
  if (typeof offering === 'string' && !ACCOUNT_OFFERINGS.has(offering)) return [];
  if (typeof offering === 'string' && typeof name === 'string') return [{ what: name, via, certain: true }];
  return [{ what: `(service_plan of ${instance.address})`, via, certain: false, token: canonical(plan) }];
}

function called({ values, address }: Resource): string {
  return typeof values.name === 'string' ? values.name : address;
}
