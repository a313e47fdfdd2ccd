import { block, isJson, list, text, type Json } from '../json';

/**
 * The supported format; a later minor version only adds to it. @see
 * https://developer.hashicorp.com/terraform/internals/json-format
 */
const FORMAT = 1;

/** What a change has before and after, by its actions. */
const SIDES: ReadonlyMap<string, RegExp> = new Map([
  ['no-op', /^(?:both|neither)$/],
  ['create', /^after$/],
  ['read', /^(?:after|both)$/],
  ['update', /^both$/],
  ['delete', /^before$/],
  ['forget', /^(?:before|both)$/],
  ...['delete,create', 'create,delete', 'forget,create', 'create,forget'].map((each) => [each, /^both$/] as const),
]);

/** Parts that must have the form in which they are read, because in any other form they would be as good as absent. */
const PARTS: readonly (readonly [name: string, isRead: (value: unknown) => boolean])[] = [
  ['configuration', isJson],
  ['planned_values', isJson],
  ['prior_state', isJson],
  ['complete', (value) => typeof value === 'boolean'],
  ...['deferred_changes', 'action_invocations', 'deferred_action_invocations', 'relevant_attributes'].map(
    (name) => [name, (value: unknown) => Array.isArray(value)] as const,
  ),
  ['resource_drift', (value) => Array.isArray(value) && value.map(block).every(hasReadableSides)],
];

/**
 * Returns the plan.
 *
 * @throws if it isn't one, or if it contradicts itself: then nobody knows which part of it is applied
 */
export function checked(json: unknown): Json {
  const plan = block(json);
  const { format_version: version, resource_changes: changes } = plan;
  if ('lineage' in plan || ('values' in plan && !('planned_values' in plan))) {
    throw new Error('it is a state, not a plan: give what `terraform show -json FILE` prints for a saved plan');
  }
  if (typeof version !== 'string' || !('planned_values' in plan)) {
    throw new Error('it is not a plan: create one with `terraform plan -out=FILE` and `terraform show -json FILE`');
  }
  if (Number(version.split('.')[0]) !== FORMAT) {
    throw new Error(`its format version is ${version}, but ${FORMAT}.x is required: use an engine that writes it`);
  }
  if (changes !== undefined && !(Array.isArray(changes) && changes.map(block).every(isChange))) {
    throw new Error('its changes have an unsupported form: use an engine whose plans contain `resource_changes`');
  }
  if ((plan.errored ?? false) !== false) {
    throw new Error('it is the plan of a failed run and so incomplete: fix the error and plan again');
  }
  const unread = PARTS.find(([name, isRead]) => (plan[name] ?? null) !== null && !isRead(plan[name]));
  if (unread !== undefined) {
    throw new Error(`its \`${unread[0]}\` has an unsupported form: use an engine that writes format ${FORMAT}.x`);
  }
  checkConsistent(list(changes).map(block), addressesIn(block(plan.planned_values).root_module));
  return plan;
}

function isChange({ address, type, mode, deposed, change }: Json): boolean {
  const { actions, before, after } = block(change);
  if (typeof address !== 'string' || typeof type !== 'string' || !Array.isArray(actions)) return false;
  if (!hasReadableSides({ change })) return false;
  // Ephemeral resources have actions of their own; the configuration tells of them.
  if (mode !== undefined && mode !== 'managed' && mode !== 'data') return true;
  const [had, has] = [before, after].map((side) => (side ?? null) !== null);
  const sides = had === true ? (has === true ? 'both' : 'before') : has === true ? 'after' : 'neither';
  return (
    SIDES.get(actions.join())?.test(sides) === true &&
    (mode !== 'data' || !actions.some((action) => CHANGING.has(action))) &&
    (deposed === undefined || !actions.some((action) => CHANGING.has(action) && action !== 'delete'))
  );
}

/** Actions that no data source has. An object left over from a failed replacement is only ever deleted. */
const CHANGING: ReadonlySet<unknown> = new Set(['create', 'update', 'delete']);

function hasReadableSides({ change }: Json): boolean {
  const { before, after } = block(change);
  return [before, after].every((side) => (side ?? null) === null || isJson(side));
}

function checkConsistent(changes: readonly Json[], planned: readonly string[]): void {
  const seen = new Set<string>();
  for (const { address, deposed } of changes) {
    const place = JSON.stringify([address, deposed ?? null]);
    if (seen.has(place))
      throw new Error(`it has ${text(address)} twice: create the plan again, and review it as it is`);
    seen.add(place);
  }
  const changed = new Set(changes.filter(({ change }) => isJson(block(change).after)).map(({ address }) => address));
  const missing = planned.find((address) => !changed.has(address));
  if (missing !== undefined) {
    throw new Error(`its changes lack ${missing}, which it plans: create the plan again, and review it as it is`);
  }
}

/** The addresses of what a module and those below will contain; what is forgotten is listed without values. */
function addressesIn(module: unknown): string[] {
  return resourcesIn(module).flatMap(({ address, values }) => ((values ?? null) === null ? [] : [text(address)]));
}

/** The resources of a module and of those below it. */
export function resourcesIn(module: unknown): Json[] {
  const { resources, child_modules: children } = block(module);
  return [...list(resources).map(block), ...list(children).flatMap(resourcesIn)];
}
