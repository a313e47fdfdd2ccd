import { mermaidText } from './escape';
import type { Edge, Picture } from './report';
import { MOST_EDGES } from '../limits';

const ARROW: Readonly<Record<Edge['mark'], string>> = { same: '-->', opens: '==>', closes: '-.->', unknown: '==>' };
const STYLE: Readonly<Record<Exclude<Edge['mark'], 'same'>, string>> = {
  opens: 'stroke:#1a7f37,stroke-width:3px',
  closes: 'stroke:#cf222e,stroke-width:2px',
  unknown: 'stroke:#9a6700,stroke-width:3px',
};
/** In Mermaid’s own text: `#63;` is a question mark. */
const SIGN: Readonly<Record<Edge['mark'], string>> = { same: '', opens: '+ ', closes: '− ', unknown: '#63; ' };

export interface Drawing {
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
