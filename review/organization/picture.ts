import { lastPart } from '../model/facts';
import type { ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk.bundled.js';
import { MOST_LINES } from '../limits';
import type { OrganizationAudit } from './document';
import { markup, type Html } from '../page';

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface Line {
  readonly from: string;
  readonly to: string;
  /** How many ways it stands for. */
  readonly count: number;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** Positions of everything in the picture. Ids are those of spaces and applications, and the two below. */
interface Layout {
  readonly width: number;
  readonly height: number;
  readonly boxes: ReadonlyMap<string, Box>;
  readonly lines: readonly Line[];
  /**
   * What a line stands for: one way of an application, or all ways between two spaces; with too many ways, no lines are
   * drawn.
   */
  readonly lineFor: 'way' | 'space' | 'nothing';
}

const INTERNET = 'the internet';
const ANYONE = 'anyone';

const HEIGHT = 24;
const PADDING = '[top=34,left=12,bottom=12,right=12]';

/** Lays out spaces as boxes with their applications, and the lines between them. */
export async function layout(audit: OrganizationAudit): Promise<Layout> {
  const ways = waysOf(audit);
  const home = new Map(audit.applications.map(({ id, space }) => [id, space]));
  const bySpace = counted(ways.map(([from, to]) => [home.get(from) ?? from, home.get(to) ?? to]));
  const detailed = ways.length <= MOST_LINES;
  const lineFor = detailed ? 'way' : bySpace.length <= MOST_LINES ? 'space' : 'nothing';
  const edges = { way: counted(ways), space: bySpace, nothing: [] }[lineFor];
  const spaces = new Map<string, ElkNode[]>(audit.spaces.map(({ id }) => [id, []]));
  for (const { id, space } of audit.applications) {
    const label = lastPart(id);
    const boxes = spaces.get(space) ?? [];
    spaces.set(space, [...boxes, { id: `a ${id}`, width: widthOf(label), height: HEIGHT }]);
  }
  const linked = new Set(edges.flatMap(({ from, to }) => [from, to]));
  const outside = [ANYONE, INTERNET].filter((id) => linked.has(id));
  const graph: ElkNode = {
    id: 'root',
    layoutOptions: {
      'elk.algorithm': lineFor === 'nothing' ? 'rectpacking' : 'layered',
      'elk.direction': 'RIGHT',
      'elk.edgeRouting': 'POLYLINE',
      'elk.layered.spacing.nodeNodeBetweenLayers': '60',
      'elk.spacing.nodeNode': '16',
      'elk.spacing.componentComponent': '24',
      'elk.aspectRatio': '1.6',
      ...(detailed && { 'elk.hierarchyHandling': 'INCLUDE_CHILDREN' }),
    },
    children: [
      ...[...spaces].map(([id, children]) => ({
        id: `s ${id}`,
        children,
        layoutOptions: {
          'elk.padding': PADDING,
          'elk.nodeSize.constraints': 'MINIMUM_SIZE',
          'elk.nodeSize.minimum': `(${widthOf(id) + 24},48)`,
          ...(!detailed && { 'elk.algorithm': 'rectpacking', 'elk.aspectRatio': '1.4', 'elk.spacing.nodeNode': '8' }),
        },
        ...(children.length === 0 && { width: widthOf(id) + 24, height: 48 }),
      })),
      ...outside.map((id) => ({
        id: `o ${id}`,
        width: widthOf(id),
        height: 40,
        layoutOptions: { 'elk.layered.layering.layerConstraint': id === ANYONE ? 'FIRST' : 'LAST' },
      })),
    ],
    edges: edges.map(({ from, to }, index): ElkExtendedEdge => {
      const node = (id: string): string =>
        id === ANYONE || id === INTERNET ? `o ${id}` : `${home.has(id) ? 'a' : 's'} ${id}`;
      return { id: `e ${index}`, sources: [node(from)], targets: [node(to)] };
    }),
  };
  // Loaded only here, because it is most of the command's code.
  const { default: Elk } = await import('elkjs/lib/elk.bundled.js');
  const placed = await new Elk.default().layout(graph);
  return { ...read(placed, edges), lineFor };
}

type Way = readonly [from: string, to: string];

/** Everything that a line may show. */
function waysOf({ applications, policies }: OrganizationAudit): Way[] {
  const known = new Set(applications.map(({ id }) => id));
  return [
    ...policies
      .filter(({ source, destination }) => known.has(source) && known.has(destination) && source !== destination)
      .map(({ source, destination }): Way => [source, destination]),
    ...applications.filter(({ internet }) => internet === 'directly').map(({ id }): Way => [id, INTERNET]),
    ...applications.filter(({ routes }) => routes.length > 0).map(({ id }): Way => [ANYONE, id]),
  ];
}

function counted(ways: readonly Way[]): { from: string; to: string; count: number }[] {
  const counts = new Map<string, { from: string; to: string; count: number }>();
  for (const [from, to] of ways) {
    if (from === to) continue;
    const key = JSON.stringify([from, to]);
    counts.set(key, { from, to, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return [...counts.values()];
}

/** The maximum width of a text at 12 px. */
function widthOf(text: string): number {
  return Math.min(260, Math.max(60, text.length * 7.2 + 20));
}

function read(root: ElkNode, edges: readonly { from: string; to: string; count: number }[]) {
  const boxes = new Map<string, Box>();
  const origins = new Map<string, readonly [number, number]>([['root', [0, 0]]]);
  const lines: Line[] = [];
  const visit = (node: ElkNode, left: number, top: number): void => {
    for (const { id, x = 0, y = 0, width = 0, height = 0, ...child } of node.children ?? []) {
      const [atX, atY] = [left + x, top + y];
      boxes.set(id.slice(2), { x: atX, y: atY, width, height });
      origins.set(id, [atX, atY]);
      visit({ id, ...child }, atX, atY);
    }
  };
  visit(root, 0, 0);
  const draw = (node: ElkNode): void => {
    for (const edge of node.edges ?? []) {
      const { container = node.id, sections = [] } = edge as ElkExtendedEdge & { container?: string };
      const [left, top] = origins.get(container) ?? [0, 0];
      const drawn = edges[Number(edge.id.slice(2))];
      if (drawn === undefined) continue;
      for (const { startPoint, bendPoints = [], endPoint } of sections) {
        const points = [startPoint, ...bendPoints, endPoint].map(({ x, y }) => [left + x, top + y] as const);
        lines.push({ ...drawn, points });
      }
    }
    (node.children ?? []).forEach(draw);
  };
  draw(root);
  return { width: root.width ?? 0, height: root.height ?? 0, boxes, lines };
}

const MARGIN = 12;

/** The picture as SVG. The tables have the same content, so for assistive technology it is a single image. */
export function picture(audit: OrganizationAudit, { width, height, boxes, lines, lineFor }: Layout): Html {
  const { applications, spaces, counts } = audit;
  const shown = new Set([...spaces.map(({ id }) => id), ...applications.map(({ space }) => space)]);
  const [w, h] = [Math.ceil(width + 2 * MARGIN), Math.ceil(height + 2 * MARGIN)];
  const says =
    `${spaces.length} spaces with their applications, of which ${counts.directly} reach the internet directly. ` +
    {
      way: 'Each line is one way to connect.',
      space: 'A line between spaces stands for all connections of their applications.',
      nothing: 'There are too many connections to draw: choose an application to see its own.',
    }[lineFor];
  return markup`<svg
    role="img"
    data-lines="${lineFor}"
    aria-label="${says} The tables below have the same content."
    viewBox="${-MARGIN} ${-MARGIN} ${w} ${h}"
    width="${w}"
    height="${h}"
  >
    <defs>
      <marker
        id="end"
        viewBox="0 0 8 8"
        refX="8"
        refY="4"
        markerWidth="8"
        markerHeight="8"
        markerUnits="userSpaceOnUse"
        orient="auto"
      >
        <path d="M0 0 8 4 0 8z" />
      </marker>
    </defs>
    ${[...shown].map((id) => spaceBox(id, boxes.get(id), spaces.find((space) => space.id === id)?.running.internet === 'yes'))}
    ${lines.map(drawn)}
    <g id="chosen-lines"></g>
    ${applications.map(({ id, internet, kind, stopped }) => {
      const classes = [
        'app',
        internet.replaceAll(' ', '-'),
        ...(kind === 'application' ? [] : ['proxy']),
        ...(stopped ? ['stopped'] : []),
      ];
      return applicationBox(id, boxes.get(id), classes.join(' '));
    })}
    ${[ANYONE, INTERNET].map((id) => outside(id, boxes.get(id)))}
  </svg>`;
}

function round(number: number): number {
  return Math.round(number * 10) / 10;
}

function rectangle({ x, y, width, height }: Box, radius: number): Html {
  return markup`<rect
    x="${round(x)}"
    y="${round(y)}"
    width="${round(width)}"
    height="${round(height)}"
    rx="${radius}"
  />`;
}

function spaceBox(id: string, box: Box | undefined, open: boolean): Html {
  if (box === undefined) return markup``;
  const label = `${lastPart(id)}${open ? ' (open)' : ''}`;
  return markup`<g class="space${open ? ' open' : ''}"
    >${rectangle(box, 6)}<text x="${round(box.x + 10)}" y="${round(box.y + 20)}"
      >${short(label, box.width - 16)}</text
    ></g
  >`;
}

function applicationBox(id: string, box: Box | undefined, classes: string): Html {
  if (box === undefined) return markup``;
  return markup`<g class="${classes}" data-id="${id}"
    ><title>${id}</title>${rectangle(box, 3)}<text x="${round(box.x + 8)}" y="${round(box.y + 16)}"
      >${short(lastPart(id), box.width - 14)}</text
    ></g
  >`;
}

function outside(id: string, box: Box | undefined): Html {
  if (box === undefined) return markup``;
  const place = markup`<text x="${round(box.x + box.width / 2)}" y="${round(box.y + 25)}" text-anchor="middle"
    >${id}</text
  >`;
  return markup`<g class="outside" data-id="${id}">${rectangle(box, 20)}${place}</g>`;
}

function drawn({ from, to, count, points }: Line): Html {
  const path = points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`).join('');
  const out = to === INTERNET ? ' out' : from === ANYONE ? ' in' : '';
  const weight = Math.min(6, 1 + Math.log2(count));
  const title = `${from} to ${to}${count > 1 ? `: ${count} ways` : ''}`;
  return markup`<path class="line${out}" d="${path}" stroke-width="${round(weight)}" marker-end="url(#end)"
    ><title>${title}</title></path
  >`;
}

/** The start of a text, as much as fits. */
function short(text: string, width: number): string {
  const most = Math.max(3, Math.floor(width / 7));
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
