import { ANYONE, type Change } from '../constructs/checks/difference';
import type { Model } from '../constructs/checks/model';
import { printPorts } from '../constructs/checks/traffic';
import type { Edge, Labels, Picture } from './report';

const MANY = 4;
const INTERNET = 'internet';

/** Applications in their spaces with the edges between them, and what lies outside; changes win over what stays. */
export function pictureOf(before: Model, after: Model, changes: readonly Change[], labels: Labels): Picture {
  const edges = new Map<string, Edge>();
  const add = (edge: Edge): void => {
    const key = JSON.stringify([edge.from, edge.to, edge.mark === 'same' ? '' : edge.text]);
    const plain = JSON.stringify([edge.from, edge.to, '']);
    if (edge.mark === 'same' ? !edges.has(key) : true) edges.set(key, edge);
    if (edge.mark !== 'same' && edges.get(plain)?.text === edge.text) edges.delete(plain);
  };
  for (const { source, destination, protocol, ports } of after.policies) {
    add({
      from: labels.of(source),
      to: labels.of(destination),
      text: `${protocol} ${printPorts(ports)}`,
      mark: 'same',
    });
  }
  for (const { id, allowlist } of after.applications.values()) {
    if (allowlist === undefined) continue;
    const lines = allowlist.lines.map(({ text }) => text);
    const shown = lines.length > MANY ? [...lines.slice(0, MANY), `and ${lines.length - MANY} more`] : lines;
    if (shown.length > 0) add({ from: labels.of(id), to: 'listed hosts', text: shown.join(', '), mark: 'same' });
  }
  for (const change of changes) for (const edge of edgeOf(change, labels)) add(edge);

  const touched = new Set([...edges.values()].flatMap(({ from, to }) => [from, to]));
  const spaces = [...new Map([...before.spaces, ...after.spaces]).keys()].map((space) => ({
    name: labels.of(space),
    applications: [...new Set([...before.applicationsIn(space), ...after.applicationsIn(space)].map(({ id }) => id))]
      .map((id) => labels.of(id))
      .filter((name) => touched.has(name)),
  }));
  return { spaces: spaces.filter(({ applications }) => applications.length > 0), edges: [...edges.values()] };
}

function edgeOf({ verdict, way, who, what, via = '' }: Change, labels: Labels): Edge[] {
  const from = who === ANYONE ? INTERNET : labels.of(who);
  switch (way) {
    case 'policy':
      return [{ from, to: labels.of(via), text: what, mark: verdict }];
    case 'route':
      return [{ from, to: labels.of(via), text: what, mark: verdict }];
    case 'proxy':
      return [{ from: labels.of(via), to: what, text: '', mark: verdict }];
    case 'direct':
      return [{ from, to: what, text: 'directly', mark: verdict }];
    case 'staging':
      return [];
  }
}
