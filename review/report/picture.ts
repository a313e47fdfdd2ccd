import type { Change } from '../difference/change';
import type { Model } from '../model/model';
import { printPolicy } from '../model/traffic';
import type { Edge, Labels, Picture } from './report';
import { WAYS } from './ways';
import { MOST_EDGE_LINES } from '../limits';

/**
 * Applications in their spaces, the edges between them, and what is outside. Changed edges take precedence over
 * unchanged ones.
 */
export function pictureOf(before: Model, after: Model, changes: readonly Change[], labels: Labels): Picture {
  const changed = changes.flatMap((change) => edgesOf(change, labels));
  const moved = new Set(changed.map(({ from, to }) => JSON.stringify([from, to])));
  const same = [
    ...policyEdges(after, labels),
    ...listEdges(after, labels, new Set(changed.map(({ to }) => to))),
  ].filter(({ from, to }) => !moved.has(JSON.stringify([from, to])));
  const edges = new Map([...same, ...changed].map((edge) => [JSON.stringify(edge), edge]));
  const touched = new Set([...edges.values()].flatMap(({ from, to }) => [from, to]));
  const spaces = [...new Map([...before.spaces, ...after.spaces]).keys()].map((space) => ({
    name: labels.of(space),
    applications: [...new Set([...before.applicationsIn(space), ...after.applicationsIn(space)].map(({ id }) => id))]
      .map((id) => labels.of(id))
      .filter((name) => touched.has(name)),
  }));
  return { spaces: spaces.filter(({ applications }) => applications.length > 0), edges: [...edges.values()] };
}

function policyEdges(model: Model, labels: Labels): Edge[] {
  return model.policies.map(({ source, destination, protocol, ports }) => ({
    from: labels.of(source),
    to: labels.of(destination),
    text: printPolicy(protocol, ports),
    mark: 'same',
  }));
}

/** What a proxy already allowed; changes have edges of their own. */
function listEdges(model: Model, labels: Labels, changed: ReadonlySet<string>): Edge[] {
  return [...model.applications.values()].flatMap(({ id, allowlist }): Edge[] => {
    const lines = (allowlist?.lines ?? []).map(({ text }) => text).filter((text) => !changed.has(text));
    const shown =
      lines.length > MOST_EDGE_LINES
        ? [...lines.slice(0, MOST_EDGE_LINES), `and ${lines.length - MOST_EDGE_LINES} more`]
        : lines;
    return shown.length === 0 ? [] : [{ from: labels.of(id), to: shown.join(', '), text: '', mark: 'same' }];
  });
}

function edgesOf({ verdict, who, via, ...change }: Change, labels: Labels): Edge[] {
  const told = { ...change, who: who.map((id) => labels.of(id)), ...(via !== undefined && { via: labels.of(via) }) };
  return (WAYS[change.way].edges?.(told) ?? []).map((edge) => ({ ...edge, mark: verdict }));
}
