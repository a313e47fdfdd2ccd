import type { OrganizationAudit } from '../document';
import { markup, type Html } from '../../page/html';
import { ANYONE, INTERNET, nameOf, type Box, type Layout, type Line } from './layout';

const MARGIN = 12;

/** The picture as SVG. The tables have the same content, so for assistive technology it is a single image. */
export function picture(audit: OrganizationAudit, { width, height, boxes, lines, lineFor }: Layout): Html {
  const { applications, spaces, counts } = audit;
  const told = new Set([...spaces.map(({ id }) => id), ...applications.map(({ space }) => space)]);
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
    ${[...told].map((id) => spaceBox(id, boxes.get(id), spaces.find((space) => space.id === id)?.running.internet === 'yes'))}
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
  const label = `${nameOf(id)}${open ? ' (open)' : ''}`;
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
      >${short(nameOf(id), box.width - 14)}</text
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
