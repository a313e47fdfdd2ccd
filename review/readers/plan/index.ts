import { block, list, text, type Json } from '../json';
import type { Resource } from '../values';
import { afterOf, beforeOf, isNoop, isUnchanged, ours, resourcesOf, type Program } from './changes';
import { withPackage } from '../tree/files';
import { Configuration, isConstant } from './configuration';
import { checked } from './form';
import { Ingredients, KnownIds } from './known-ids';
import { partsOf, removedProvisioners, removedUnseen } from './parts';
import { ownBindings, unboundBy, withoutReadBack, withoutTakenPorts } from './read-back';
import { hide } from './sensitive';

export type { Program };

/** A resource that the plan destroys and creates again. */
export interface Replacement {
  readonly stack: string;
  readonly address: string;
  readonly type: string;
  readonly name: string;
  /** Attributes that can't be changed in place. */
  readonly because: readonly string[];
}

export interface PlanReading {
  readonly before: readonly Resource[];
  readonly after: readonly Resource[];
  /**
   * The state after the last apply, if a resource of the Cloud Foundry provider has been changed since. @default - as
   * `before`
   */
  readonly applied?: readonly Resource[];
  readonly replaced: readonly Replacement[];
  /** What the plan doesn't cover, one clause each. */
  readonly gaps: readonly string[];
}

/**
 * Reads the resources before and after a plan from the output of `terraform show -json PLAN` or `tofu show -json PLAN`.
 *
 * @param program the program, if available: it has the expressions, while a plan has only their references
 * @param earlier the program before the change, if available: few plans need it
 * @throws if the input is anything else, because nothing about reach may follow from what wasn't read
 */
export function readPlan(
  json: unknown,
  stack: string,
  program: Program = new Map(),
  earlier: () => Program = () => new Map(),
): PlanReading {
  const plan = checked(json);
  const configuration = new Configuration(block(plan.configuration), stack);
  const ids = new KnownIds(plan, stack);
  const context = { configuration, ids, ingredients: new Ingredients(configuration, ids) };
  const all = list(plan.resource_changes).map(block);
  const changes = all.filter(ours);
  const others = all.filter((change) => !ours(change) && change.mode !== 'data' && !isNoop(change));
  const changed = new Set(changes.map(({ address }) => address));
  const untouched = resourcesOf(block(block(plan.prior_state).values).root_module, stack, changed);
  const befores = changes.map((change) => beforeOf(change, stack));
  const were = [...befores.flat(), ...untouched];
  const own = ownBindings(were);
  const said = (resource: Resource): Resource => {
    const read = withoutReadBack(resource, configuration, own);
    const { source_code_hash: hash = null } = read.values;
    const isWritten = hash !== null && isConstant(configuration.of(resource.address)?.get('source_code_hash'));
    return isWritten ? withPackage(read) : read;
  };
  const before = were.map(said);
  const planned = changes.flatMap((change, index) =>
    isUnchanged(change) ? (befores[index] ?? []) : afterOf(change, stack, context, program),
  );
  const after = [...planned.map(withoutTakenPorts(changes, before, earlier)), ...untouched].map(said);
  if (before.length + after.length === 0) {
    throw new Error('the plan has no resource of the Cloud Foundry provider: give the plan of a stack that has one');
  }
  const drift = new Map(
    list(plan.resource_drift)
      .map(block)
      .filter(ours)
      .map((change) => [change.address, beforeOf(change, stack).map(said)]),
  );
  const foreign = others.flatMap((change) => beforeOf(change, stack));
  const known = new Set<unknown>(before.map(({ address }) => address));
  const reappeared = [...drift].filter(([address]) => !known.has(address));
  return {
    before: [...before, ...foreign],
    after: [
      ...after,
      ...others.flatMap((change) => afterOf(change, stack, context)),
      ...partsOf(plan, stack),
      ...removedProvisioners(all, program, stack),
    ],
    ...(drift.size > 0 && {
      applied: [
        ...before.flatMap((resource) => drift.get(resource.address) ?? [resource]),
        ...reappeared.flatMap(([, resources]) => resources),
        ...foreign,
      ],
    }),
    replaced: changes.flatMap((change) => replacementOf(change, stack)),
    gaps: [
      ...(plan.complete === false
        ? ['the plan is not complete: it was made with -target, or part of it is deferred']
        : []),
      ...changes
        .filter(({ change }) => list(block(change).actions).includes('forget'))
        .map(({ address }) => `${text(address)} leaves the code but stays on the platform`),
      ...changes.flatMap(unboundBy),
      ...removedUnseen(all, program),
      ...Object.entries(UNREAD).flatMap(([unread, what]) => (after.some(({ type }) => type === unread) ? [what] : [])),
    ],
  };
}

/** What resources that the model doesn't cover affect, by type. */
const UNREAD: Readonly<Record<string, string>> = {
  cloudfoundry_mta: 'applications inside of cloudfoundry_mta resources',
  cloudfoundry_service_route_binding:
    'where cloudfoundry_service_route_binding resources send requests before they reach the application',
};

function replacementOf({ address, type, change, deposed }: Json, stack: string): Replacement[] {
  const { actions, before, before_sensitive: sensitive, replace_paths: paths } = block(change);
  if (deposed !== undefined || !list(actions).includes('create') || !list(actions).includes('delete')) return [];
  const { name, host } = block(hide(before, sensitive, () => stack));
  return [
    {
      stack,
      address: text(address),
      type: text(type),
      name: typeof name === 'string' ? name : typeof host === 'string' ? host : text(address),
      because: [...new Set(list(paths).map((path) => text(list(path)[0])))],
    },
  ];
}
