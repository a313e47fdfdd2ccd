/** The operations that a run of the provider has covered. */
import type { Coverage, Operation } from '../provider-coverage';
import type { ResourceChange, StateResource } from './workspace';

type Change = ResourceChange['change'];

/** By the actions in a plan; others, such as replacement, don't count. */
const BY_ACTIONS: Readonly<Record<string, Operation>> = { create: 'create', update: 'update', delete: 'destroy' };

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Values that are known only after the apply don't count as changes. */
const differs = (before: unknown, after: unknown, unknown: unknown): boolean => {
  if (unknown === true) return false;
  if (!isObject(before) || !isObject(after) || !isObject(unknown)) {
    return JSON.stringify(before) !== JSON.stringify(after);
  }
  return Object.keys(before).some((key) => differs(before[key], after[key], unknown[key] ?? false));
};

/** The provider plans updates without changes wherever an application's ID is used. */
const isReal = ({ before, after, after_unknown: unknown }: Change): boolean => differs(before, after, unknown);

const operationOf = (change: Change): Operation | undefined => {
  const operation = BY_ACTIONS[change.actions.join()];
  return change.importing ? 'import' : operation === 'update' && !isReal(change) ? undefined : operation;
};

export class Recorder {
  private readonly resources = new Map<string, Set<Operation>>();
  private readonly dataSources = new Set<string>();

  /** For a successful apply. */
  public record(changes: readonly ResourceChange[]): void {
    for (const { mode, type, change } of changes) {
      const operation = mode === 'managed' ? operationOf(change) : undefined;
      if (operation) this.resources.set(type, (this.resources.get(type) ?? new Set()).add(operation));
    }
  }

  public recordState(resources: readonly StateResource[]): void {
    for (const { mode, type } of resources) {
      if (mode === 'data') this.dataSources.add(type);
    }
  }

  public get coverage(): Coverage {
    const resources = [...this.resources].sort().map(([type, seen]) => [type, [...seen].sort()]);
    return {
      resources: Object.fromEntries(resources) as Coverage['resources'],
      dataSources: [...this.dataSources].sort(),
    };
  }
}
