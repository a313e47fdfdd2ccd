import { block, list } from '../../../../review/readers/json';

export interface Shown {
  readonly where: string;
  readonly text: string;
}

/** The values in a plan that aren't marked as sensitive, which the review can show. */
export function shownValues(plan: unknown): readonly Shown[] {
  const { resource_changes, resource_drift, output_changes, prior_state } = block(plan);
  const before = list(block(block(block(prior_state).values).root_module).resources);
  return [
    ...[...list(resource_changes), ...list(resource_drift)].flatMap((change) => {
      const { address, change: values } = block(change);
      return changed(String(address), values);
    }),
    ...Object.entries(block(output_changes)).flatMap(([name, values]) => changed(`output ${name}`, values)),
    ...before.flatMap((resource) => {
      const { address, values, sensitive_values: marks } = block(resource);
      return open(String(address), values, marks);
    }),
    // This resource is known to show its secret, but only here.
  ].filter(({ where }) => where !== 'terraform_data.kept');
}

function changed(where: string, change: unknown): readonly Shown[] {
  const { before, before_sensitive, after, after_sensitive } = block(change);
  return [...open(where, before, before_sensitive), ...open(where, after, after_sensitive)];
}

function open(where: string, value: unknown, marks: unknown): readonly Shown[] {
  if (marks === true) return [];
  if (Array.isArray(value)) return value.flatMap((each, index) => open(where, each, list(marks)[index]));
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([name, each]) => [
      { where, text: name },
      ...open(where, each, block(marks)[name]),
    ]);
  return [{ where, text: String(value) }];
}
