import type { LastOperation } from './records';
import type { State } from './state';

const DESCRIPTIONS = {
  create: { 'in progress': 'Create in progress', succeeded: 'Operation succeeded' },
  update: { 'in progress': 'Update in progress', succeeded: 'Operation succeeded' },
  delete: { 'in progress': 'Delete in progress', succeeded: 'Operation succeeded' },
} as const;

const since = (state: State, type: LastOperation['type'], before?: LastOperation) => ({
  type,
  createdAt: before?.type === type ? before.createdAt : state.now(),
  updatedAt: state.now(),
});

export const operation = (
  state: State,
  type: LastOperation['type'],
  progress: 'in progress' | 'succeeded',
  before?: LastOperation,
): LastOperation => ({
  ...since(state, type, before),
  state: progress,
  description: (progress === 'succeeded' && brokerDescription(type, before)) || DESCRIPTIONS[type][progress],
});

/** Keeps a broker's own description of an asynchronous operation when the operation ends. */
const brokerDescription = (type: LastOperation['type'], before?: LastOperation): string | undefined =>
  before?.brokerOperation !== undefined && before.description !== DESCRIPTIONS[type]['in progress']
    ? before.description
    : undefined;

/** Marks the operation in progress as failed, with the reason. */
export const failed = (state: State, before: LastOperation, description: string): LastOperation => ({
  ...since(state, before.type, before),
  state: 'failed',
  description,
});

export const isBusy = ({ lastOperation }: { readonly lastOperation: LastOperation }): boolean =>
  lastOperation.state === 'in progress';
