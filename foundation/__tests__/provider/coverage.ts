/** What a run of the provider has shown that the foundation carries. */
import type { Coverage, Operation } from '../../../tools/provider-coverage';
import type { ResourceChange, StateResource } from './workspace';

type Change = ResourceChange['change'];

/** By the actions that a plan names; any other, as a replacement, shows nothing. */
const BY_ACTIONS: Readonly<Record<string, Operation>> = { create: 'create', update: 'update', delete: 'destroy' };

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** What is known only after the apply differs in nothing yet. */
const differs = (before: unknown, after: unknown, unknown: unknown): boolean => {
  if (unknown === true) {
    return false;
  }
  if (!isObject(before) || !isObject(after) || !isObject(unknown)) {
    return JSON.stringify(before) !== JSON.stringify(after);
  }
  return Object.keys(before).some((key) => differs(before[key], after[key], unknown[key] ?? false));
};

/** The provider announces updates in which nothing happens, wherever the id of an application is used. */
const isReal = ({ before, after, after_unknown: unknown }: Change): boolean => differs(before, after, unknown);

const operationOf = (change: Change): Operation | undefined => {
  const operation = BY_ACTIONS[change.actions.join()];
  return change.importing ? 'import' : operation === 'update' && !isReal(change) ? undefined : operation;
};

export class Recorder {
  private readonly resources = new Map<string, Set<Operation>>();
  private readonly dataSources = new Set<string>();

  /** Of an apply that came through. */
  public record(changes: readonly ResourceChange[]): void {
    for (const { mode, type, change } of changes) {
      const operation = mode === 'managed' ? operationOf(change) : undefined;
      if (operation) {
        this.resources.set(type, (this.resources.get(type) ?? new Set()).add(operation));
      }
    }
  }

  public recordState(resources: readonly StateResource[]): void {
    for (const { mode, type } of resources) {
      if (mode === 'data') {
        this.dataSources.add(type);
      }
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
