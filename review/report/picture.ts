import type { Change } from '../difference/change';
import { MOST_EDGE_LINES, MOST_EDGES } from '../limits';
import type { Model } from '../model/model';
import { printPolicy } from '../model/traffic';
import { mermaidText } from './escape';
import type { Edge, Labels, Picture } from './report';
import { WAYS } from './ways';

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
  const labeled = { ...change, who: who.map((id) => labels.of(id)), ...(via !== undefined && { via: labels.of(via) }) };
  return (WAYS[change.way].edges?.(labeled) ?? []).map((edge) => ({ ...edge, mark: verdict }));
}

const ARROW: Readonly<Record<Edge['mark'], string>> = { same: '-->', opens: '==>', closes: '-.->', unknown: '==>' };
const STYLE: Readonly<Record<Exclude<Edge['mark'], 'same'>, string>> = {
  opens: 'stroke:#1a7f37,stroke-width:3px',
  closes: 'stroke:#cf222e,stroke-width:2px',
  unknown: 'stroke:#9a6700,stroke-width:3px',
};
/** In Mermaid’s own text: `#63;` is a question mark. */
const SIGN: Readonly<Record<Edge['mark'], string>> = { same: '', opens: '+ ', closes: '− ', unknown: '#63; ' };

interface Drawing {
  readonly text: string;
  /** How many edges were left out; unchanged ones go first. */
  readonly leftOut: number;
}

/** The picture as a Mermaid flowchart: what opens is thick and green, what closes dashed and red, what is unknown amber. */
export function draw({ spaces, edges }: Picture): Drawing {
  const changed = edges.filter(({ mark }) => mark !== 'same').slice(0, MOST_EDGES);
  const same = edges.filter(({ mark }) => mark === 'same').slice(0, MOST_EDGES - changed.length);
  const shown = [...changed, ...same];
  const ids = new Map<string, string>();
  const id = (name: string): string => {
    const known = ids.get(name) ?? `n${ids.size}`;
    ids.set(name, known);
    return known;
  };
  const used = new Set(shown.flatMap(({ from, to }) => [from, to]));
  const lines = ['flowchart LR'];
  spaces.forEach(({ name, applications }, index) => {
    const inside = applications.filter((application) => used.has(application));
    if (inside.length === 0) return;
    lines.push(`  subgraph s${index}["${mermaidText(name)}"]`);
    lines.push(...inside.map((application) => `    ${id(application)}["${mermaidText(application)}"]`), '  end');
  });
  for (const name of used) if (!ids.has(name)) lines.push(`  ${id(name)}(["${mermaidText(name)}"])`);
  shown.forEach(({ from, to, text, mark }, index) => {
    const label = `${SIGN[mark]}${mermaidText(text)}`.trim();
    lines.push(`  ${id(from)} ${ARROW[mark]}${label === '' ? '' : `|"${label}"|`} ${id(to)}`);
    if (mark !== 'same') lines.push(`  linkStyle ${index} ${STYLE[mark]}`);
  });
  return { text: lines.join('\n'), leftOut: edges.length - shown.length };
}
