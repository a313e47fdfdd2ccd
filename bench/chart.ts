export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Chart {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly series: readonly Series[];
}

const [WIDTH, HEIGHT] = [640, 320];
const PLOT = { left: 64, right: 560, top: 44, bottom: 264 };
const GRID_LINES = 4;
/** Distinguishable in light and dark mode, and for color-blind readers. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7'];

/** Both axes start at 0, so that lengths are in proportion. The colors follow the reader's light or dark mode. */
export function lineChart({ title, x, y, series }: Chart): string {
  const all = series.flatMap(({ points }) => points);
  const [width, height] = [top(all.map(([value]) => value)), top(all.map(([, value]) => value))];
  const across = (value: number): number => PLOT.left + ((PLOT.right - PLOT.left) * value) / width;
  const up = (value: number): number => PLOT.bottom - ((PLOT.bottom - PLOT.top) * value) / height;
  const marks = Array.from({ length: GRID_LINES + 1 }, (_, index) => index / GRID_LINES);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escape(title)}">`,
    '<style>text{font:13px sans-serif;fill:#24292f}.grid{stroke:#d0d7de}.line{fill:none;stroke-width:2}',
    '@media(prefers-color-scheme:dark){text{fill:#c9d1d9}.grid{stroke:#30363d}}</style>',
    text(PLOT.left, 22, title, 'start'),
    ...marks.map((mark) => line([PLOT.left, PLOT.right], up(mark * height))),
    ...marks.map((mark) => text(PLOT.left - 8, up(mark * height) + 4, label(mark * height), 'end')),
    ...marks.map((mark) => text(across(mark * width), PLOT.bottom + 18, label(mark * width), 'middle')),
    text((PLOT.left + PLOT.right) / 2, HEIGHT - 16, x, 'middle'),
    `<text transform="translate(16 ${(PLOT.top + PLOT.bottom) / 2}) rotate(-90)" text-anchor="middle">${escape(y)}</text>`,
    ...series.flatMap(({ name, points }, index) => {
      const colour = COLOURS[index % COLOURS.length] ?? '';
      const path = points.map(([a, b]) => `${across(a).toFixed(1)},${up(b).toFixed(1)}`).join(' ');
      const [, last = 0] = points.at(-1) ?? [];
      return [
        `<polyline class="line" stroke="${colour}" points="${path}"/>`,
        `<text x="${PLOT.right + 8}" y="${(up(last) + 4).toFixed(1)}" style="fill:${colour}">${escape(name)}</text>`,
      ];
    }),
    '</svg>',
    '',
  ].join('\n');
}

/** The smallest of 1, 2, 4 or 8 times a power of ten that is not below any value. */
function top(values: readonly number[]): number {
  const highest = Math.max(1, ...values);
  const power = 10 ** Math.floor(Math.log10(highest));
  return ([1, 2, 4, 6, 8].find((step) => step * power >= highest) ?? 10) * power;
}

const label = (value: number): string => String(Number(value.toPrecision(3)));
const escape = (value: string): string =>
  value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

function text(x: number, y: number, value: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${escape(value)}</text>`;
}

function line([from, to]: readonly [number, number], y: number): string {
  return `<line class="grid" x1="${from}" x2="${to}" y1="${y.toFixed(1)}" y2="${y.toFixed(1)}"/>`;
}
