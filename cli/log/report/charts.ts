import { scaleBand, scaleLinear } from 'd3-scale';
import { type Html, markup } from '../../../review/page';

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'] as const;

/** A readable number of bytes: `1.2 GB`. */
export function bytes(count: number): string {
  let unit = 0;
  let left = count;
  for (; left >= 999.5 && unit < UNITS.length - 1; unit += 1) left /= 1000;
  return `${unit === 0 || left >= 99.5 ? Math.round(left) : Number(left.toPrecision(2))} ${UNITS[unit]}`;
}

export function whole(count: number): string {
  return count.toLocaleString('en');
}

/** A part of each bar, from bottom to top. */
export interface Series {
  readonly name: string;
  /** The class in the page's style. */
  readonly look: string;
}

export interface Bar {
  readonly label: string;
  /** In the order of the series. */
  readonly values: readonly number[];
}

const WIDTH = 960;
const HEIGHT = 240;
const LEFT = 72;
const BOTTOM = 28;
const TOP = 10;
const TICKS = 4;
/** With more labels they would overlap. */
const MOST_LABELS = 12;

/** A stacked bar chart. A table has the same content, so for assistive technology it is a single image. */
export function stackedBars(says: string, series: readonly Series[], bars: readonly Bar[], unit: 'requests' | 'bytes') {
  const print = unit === 'bytes' ? bytes : whole;
  const most = Math.max(1, ...bars.map(({ values }) => sum(values)));
  const y = scaleLinear([0, most], [HEIGHT - BOTTOM, TOP]).nice(TICKS);
  const x = scaleBand(
    bars.map(({ label }) => label),
    [LEFT, WIDTH],
  ).padding(bars.length > 60 ? 0 : 0.2);
  const step = Math.ceil(bars.length / MOST_LABELS);
  const ticks = y.ticks(TICKS).filter((value) => unit === 'bytes' || Number.isInteger(value));
  return markup`<figure>
    <figcaption>${legend(series)}</figcaption>
    <svg role="img" aria-label="${says} The table of days has the same content." viewBox="0 0 ${WIDTH} ${HEIGHT}">
      ${ticks.map(
        (value) =>
          markup`<path class="grid" d="M${LEFT} ${round(y(value))}H${WIDTH}" /><text x="${LEFT - 6}" y="${round(y(value) + 4)}" text-anchor="end"
            >${print(value)}</text>`,
      )}
      ${bars.map(({ label, values }, index) => {
        const left = x(label) ?? 0;
        const parts = values.map((value, at) => {
          const below = sum(values.slice(0, at));
          const [top, bottom] = [y(below + value), y(below)];
          const title = `${label}: ${series[at]?.name ?? ''} ${print(value)}`;
          return value === 0
            ? markup``
            : markup`<rect
                class="${series[at]?.look ?? ''}"
                x="${round(left)}"
                y="${round(top)}"
                width="${round(x.bandwidth())}"
                height="${round(bottom - top)}"
                ><title>${title}</title></rect
              >`;
        });
        const below =
          index % step === 0
            ? markup`<text x="${round(left + x.bandwidth() / 2)}" y="${HEIGHT - 8}" text-anchor="middle"
                >${label}</text
              >`
            : markup``;
        return markup`${parts}${below}`;
      })}
    </svg>
  </figure>`;
}

function legend(series: readonly Series[]): Html[] {
  return series.map(({ name, look }) => markup`<span class="key ${look}">${name}</span> `);
}

const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0);
const round = (number: number): number => Math.round(number * 10) / 10;
