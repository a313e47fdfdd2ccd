/** The chart of squid/docs/speed.md: our speed as a multiple of each peer's, with the spread of the rounds. */
import { CADDY, DIRECT, SMOKESCREEN, SQUID, TINYPROXY } from './contestants';
import { RATES } from './measures';
import { type Ratio, ratioOf, type Results } from './results';

const PEERS = [
  { name: CADDY, class: 'a' },
  { name: TINYPROXY, class: 'b' },
  { name: DIRECT, class: 'c' },
  { name: SMOKESCREEN, class: 'd' },
] as const;

const WIDTH = 760;
const LEFT = 250;
const RIGHT = 30;
const TOP = 56;
const ROW = 54;
const MARK = 12;
const TICKS = [0.1, 0.2, 0.5, 1, 2, 5, 10];
const [LEAST = 0, MOST = 0] = [TICKS[0], TICKS.at(-1)];

/** A ratio and its inverse are equally far from 1. Ratios beyond the ends of the axis are drawn at its ends. */
function xOf(ratio: number): number {
  const within = Math.min(Math.max(ratio, LEAST), MOST);
  const share = Math.log(within / LEAST) / Math.log(MOST / LEAST);
  return Math.round((LEFT + share * (WIDTH - LEFT - RIGHT)) * 10) / 10;
}

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .small { font-size: 11px; fill: #59636e }
  .grid { stroke: #d1d9e0 } .one { stroke: #59636e }
  .a { fill: #0969da; stroke: #0969da } .b { fill: #bc4c00; stroke: #bc4c00 } .c { fill: #8250df; stroke: #8250df }
  .d { fill: #1a7f37; stroke: #1a7f37 }
  text.a, text.b, text.c, text.d { stroke: none }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc } .small { fill: #9198a1 } .grid { stroke: #3d444d } .one { stroke: #9198a1 }
    .a { fill: #4493f8; stroke: #4493f8 } .b { fill: #f0883e; stroke: #f0883e } .c { fill: #ab7df8; stroke: #ab7df8 }
    .d { fill: #3fb950; stroke: #3fb950 }
  }`;

function mark(ratio: Ratio, y: number, peer: string): string {
  const line = `<line class="${peer}" x1="${xOf(ratio.min)}" x2="${xOf(ratio.max)}" y1="${y}" y2="${y}" stroke-width="2"/>`;
  return `${line}<circle class="${peer}" cx="${xOf(ratio.median)}" cy="${y}" r="4.5"/>`;
}

export function chartOf({ speed, rounds, date }: Results): string {
  const height = TOP + RATES.length * ROW + 34;
  const bottom = height - 34;
  const grid = TICKS.map((tick) => {
    const x = xOf(tick);
    const line = `<line class="${tick === 1 ? 'one' : 'grid'}" x1="${x}" x2="${x}" y1="${TOP}" y2="${bottom}"/>`;
    return `${line}<text class="small" x="${x}" y="${bottom + 16}" text-anchor="middle">${tick}×</text>`;
  });
  const legend = PEERS.map(
    (peer, index) =>
      `<circle class="${peer.class}" cx="${LEFT + 8 + index * 130}" cy="38" r="4.5"/>` +
      `<text class="${peer.class}" x="${LEFT + 18 + index * 130}" y="42">of ${peer.name}</text>`,
  );
  const rows = RATES.map((name, index) => {
    const y = TOP + index * ROW + ROW / 2;
    const marks = PEERS.map((peer, place) => {
      const ratio = ratioOf(speed[name]?.[SQUID] ?? [], speed[name]?.[peer.name] ?? []);
      return mark(ratio, y + (place - (PEERS.length - 1) / 2) * MARK, peer.class);
    });
    return `<text x="${LEFT - 12}" y="${y + 4}" text-anchor="end">${name}</text>${marks.join('')}`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title">`,
    `<title id="title">This proxy's speed as a multiple of others'</title><style>${STYLE}</style>`,
    `<text x="${LEFT}" y="20">This proxy's speed, TLS names checked (right is faster)</text>`,
    ...[...legend, ...grid, ...rows],
    `<text class="small" x="8" y="${height - 4}">${date}, median and range of ${rounds} rounds</text>`,
    '</svg>',
    '',
  ].join('\n');
}
