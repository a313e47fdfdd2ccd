import { sha256 } from './model/fingerprint';
import { visible } from './report/escape';

/** A piece of a page, in which everything that isn't ours is escaped. */
export class Html {
  constructor(readonly text: string) {}
}

type Part = string | number | Html | readonly Html[];

/** Builds a piece of a page: inserted values are text unless they are pieces themselves. */
export function markup(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  // Whitespace between elements creates text nodes, and a large page has a hundred thousand of them.
  return new Html(texts.map((text, index) => text.replace(/>\s+</g, '><') + printed(parts[index])).join(''));
}

export function list(items: readonly Part[], none = ''): Html {
  const [only] = items;
  if (items.length === 1) return markup`${only ?? ''}`;
  if (items.length === 0) return markup`${none}`;
  return markup`<ul>
    ${items.map((item) => markup`<li>${item}</li>`)}
  </ul>`;
}

function printed(part: Part | undefined): string {
  if (part === undefined) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'object') return part.map(({ text }) => text).join('');
  return escaped(String(part));
}

/** Escapes text, also for attributes in double quotes. */
function escaped(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return visible(text).replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** Data for a script in the page: no string in it can end the element. */
function inlined(data: unknown): Html {
  return new Html(
    JSON.stringify(data).replace(
      /[<>&\u2028\u2029]/g,
      (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  );
}

/** A table in a region that can also be scrolled with the keyboard. Its title has the id `ID-title`. */
export function table(id: string, heads: readonly Html[], rows: readonly Html[]): Html {
  return markup`<div class="scroll" role="region" aria-labelledby="${id}-title" tabindex="0">
    <table id="${id}" aria-labelledby="${id}-title">
      <thead>
        <tr>
          ${heads}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}

export function head(text: string): Html {
  return markup`<th scope="col">${text}</th>`;
}

/** The head of a column that {@link TABLE_SCRIPT} can sort by. */
export function sorted(text: string): Html {
  return markup`<th scope="col"><button type="button">${text}</button></th>`;
}

/**
 * Plain JavaScript for browsers: sorts a table by its columns and filters it by words and one choice, which rows have
 * as the attribute `data-NAME`. A cell is sorted by its `data-value`, if it has one. The form is `filters`, with
 * `filter` and `shown` in it.
 */
export const TABLE_SCRIPT = `
  const $ = (id) => document.getElementById(id);
  document.documentElement.classList.add('js');

  function sortAndFilter(table, choice, name, noun) {
    const rows = [...table.tBodies[0].rows];
    function filter() {
      const words = $('filter').value.toLowerCase().split(/\\s+/).filter(Boolean);
      let shown = 0;
      for (const row of rows) {
        const text = words.length > 0 ? row.textContent.toLowerCase() : '';
        const fits = (choice.value === '' || row.dataset[name] === choice.value) && words.every((word) => text.includes(word));
        row.hidden = !fits;
        if (fits) shown += 1;
      }
      $('shown').textContent = shown + ' of ' + rows.length + ' ' + noun;
    }
    $('filter').addEventListener('input', filter);
    choice.addEventListener('change', filter);
    $('filters').addEventListener('submit', (event) => event.preventDefault());

    for (const button of table.tHead.querySelectorAll('button')) {
      button.addEventListener('click', () => {
        const head = button.closest('th');
        const up = head.getAttribute('aria-sort') !== 'ascending';
        for (const other of head.parentElement.cells) other.removeAttribute('aria-sort');
        head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
        const text = (row) => row.cells[head.cellIndex].dataset.value || row.cells[head.cellIndex].textContent.trim();
        rows.sort((a, b) => (up ? 1 : -1) * text(a).localeCompare(text(b), 'en', { numeric: true }));
        table.tBodies[0].append(...rows);
      });
    }
    filter();
  }
`;

/** Styles of every page; they load nothing. A word or shape always repeats what a color says. */
const STYLE = `
:root { color-scheme: light; --line: #c9ccd1; --muted: #565c65; --link: #005ea2; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem 1.5rem 4rem; max-width: 100rem; font: 15px/1.5 system-ui, sans-serif; color: #1b1b1b; }
h1 { font-size: 1.6rem; margin: .5rem 0; }
h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
a { color: var(--link); }
p { margin: .4rem 0; max-width: 75ch; }
.muted { color: var(--muted); }
.counts { display: flex; flex-wrap: wrap; gap: .75rem; padding: 0; list-style: none; }
.counts li { border: 1px solid var(--line); border-left-width: 6px; border-radius: 4px; padding: .4rem .8rem; }
.counts strong { display: block; font-size: 1.4rem; line-height: 1.2; }
.notice { border: 1px solid #c2850c; border-left-width: 6px; background: #fef8e8; padding: .5rem 1rem; border-radius: 4px; }
.scroll { overflow-x: auto; content-visibility: auto; contain-intrinsic-size: auto 40rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; min-width: 6rem; }
thead th { white-space: nowrap; background: #f0f1f3; border-bottom: 2px solid #71767a; }
tbody th { font-weight: 600; white-space: nowrap; }
tbody button { padding: 0 .4rem; font-size: .85rem; font-weight: 400; }
td ul, th ul { margin: 0; padding-left: 1.1rem; }
button, input, select { font: inherit; padding: .25rem .5rem; border: 1px solid #71767a; border-radius: 4px; background: #fff; color: inherit; }
button { cursor: pointer; }
thead th button { border: 0; background: none; padding: 0; font-weight: 700; text-align: left; }
thead th button::after { content: " ↕"; color: var(--muted); }
th[aria-sort=ascending] button::after { content: " ↑"; }
th[aria-sort=descending] button::after { content: " ↓"; }
:focus-visible { outline: 3px solid #2491ff; outline-offset: 1px; }
form { display: flex; flex-wrap: wrap; gap: .75rem; align-items: end; margin: .75rem 0; }
form label { display: grid; font-size: .9rem; }
form input { min-width: 20rem; max-width: 100%; }
.badge { white-space: nowrap; border-radius: 3px; padding: 0 .4rem; border: 1px solid; }
.js-only { display: none; } .js .js-only { display: revert; } .js form.js-only { display: flex; }
svg text { font: 12px system-ui, sans-serif; fill: #1b1b1b; pointer-events: none; }
@media print { form, .js .js-only { display: none; } }
`;

interface Frame {
  readonly title: string;
  /** In addition to the styles of every page. */
  readonly style: string;
  /** Below the title: what was read and when. */
  readonly about: Html;
  readonly main: Html;
  /** Data in the page for the script or another program. */
  readonly data: unknown;
  readonly script: string;
}

/**
 * A single file that makes no requests, which its own content security policy enforces. Everything is readable without
 * scripts.
 */
export function framed({ title, style, about, main, data, script }: Frame): string {
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${sha256(script, 'base64')}'; base-uri 'none'; form-action 'none'`;
  const { text } = markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <style>
          ${new Html(STYLE)}${new Html(style)}
        </style>
      </head>
      <body>
        <header>
          <h1>${title}</h1>
          <p class="muted">${about}</p>
        </header>
        <main>${main}</main>
        <script type="application/json" id="data">${inlined(data)}</script>
        <script>${new Html(script)}</script>
      </body>
    </html> `;
  return text;
}
