const { createHash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');

/** @typedef {import('../types').Report} Report */
/** @typedef {import('../types').Row} Row */

/** Text that is already HTML. */
class Markup {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }
}

/** @type {Readonly<Record<string, string>>} */
const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/**
 * A template that escapes every value except markup, so that none can be forgotten. It joins lists and leaves out
 * null.
 *
 * @param {TemplateStringsArray} strings
 * @param {...unknown} values
 */
function markup(strings, ...values) {
  return new Markup(
    strings.map((string, index) => string + (index < values.length ? render(values[index]) : '')).join(''),
  );
}

/**
 * @param {unknown} value
 * @returns {string}
 */
function render(value) {
  if (value instanceof Markup) return value.text;
  if (Array.isArray(value)) return value.map(render).join('');
  if (value === null) return '';
  return String(value).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

const STYLE = readFileSync(join(__dirname, 'page.css'), 'utf8');
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');
const STYLE_ELEMENT = new Markup(`<style>${STYLE}</style>`);

/** Allows nothing except the style in the page itself. */
const PAGE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${STYLE_HASH}'`,
  'img-src data:',
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const WAYS = { direct: 'direct', proxy: 'through the proxy' };

/** Each outcome has a sign, a word, and a color. */
const LOOKS = {
  'as expected': { sign: '✓', word: 'yes', look: 'good' },
  'not as expected': { sign: '✗', word: 'no', look: 'bad' },
  inconclusive: { sign: '?', word: 'inconclusive', look: 'unclear' },
};

/**
 * @param {Report} report
 * @param {readonly string[]} keys of objects that the reader can try
 * @returns {string}
 */
function renderPage(report, keys) {
  const name = report.app.name ?? 'this application';
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${LOOKS[report.outcome].sign} Egress of ${name}</title>
<link rel="icon" href="data:,">
${STYLE_ELEMENT}
</head>
<body>
<header>
<h1>What leaves ${name}</h1>
<form action="/"><button>Check again</button></form>
</header>
<main>
${renderIdentity(report)}
${renderVerdict(report)}
${report.probes.length === 0 ? null : renderTable(report.probes)}
${keys.length === 0 ? null : renderFiles(keys)}
</main>
<footer>Checked at <time datetime="${report.at}">${report.at.slice(0, 19).replace('T', ' ')} UTC</time>.
As JSON: <a href="/egress">/egress</a></footer>
</body>
</html>
`.text;
}

/** @param {Report} report */
function renderIdentity({ app, posture, proxy }) {
  const facts = Object.entries({
    Application: app.instance === null ? app.name : `${app.name ?? ''} (instance ${app.instance})`,
    Organization: app.organization,
    Space: app.space,
    'Egress of the space': posture,
    Proxy: proxy ?? 'none',
  }).filter(([, value]) => value !== null);
  return markup`<dl>${facts.map(
    ([term, value]) => markup`
<div><dt>${term}</dt><dd>${value}</dd></div>`,
  )}
</dl>`;
}

/** @param {Report} report */
function renderVerdict({ outcome, problems, probes }) {
  const { sign, look } = LOOKS[outcome];
  const sentence =
    problems.length > 0 && outcome === 'inconclusive'
      ? 'Inconclusive: this application is not set up as it should be.'
      : summarize(probes);
  const remedies = probes.flatMap(({ name, remedy }) => (remedy === null ? [] : `${name}: ${remedy}`));
  const items = [...problems, ...remedies].map((text) => markup`<li>${text}</li>`);
  const list = markup`
<ul>${items}</ul>`;
  return markup`<div class="verdict ${look}"><strong>${sign} ${sentence}</strong>${items.length > 0 ? list : null}</div>`;
}

/** @param {readonly Row[]} rows */
function summarize(rows) {
  const count = (/** @type {import('../types').Outcome} */ outcome) =>
    rows.filter((row) => row.outcome === outcome).length;
  const differing = count('not as expected');
  const unclear = count('inconclusive');
  const rest =
    unclear === 0 ? '' : ` ${unclear} of ${rows.length} probes ${unclear === 1 ? 'is' : 'are'} inconclusive.`;
  if (differing > 0) return `${differing} of ${rows.length} probes did not end as expected.${rest}`;
  return unclear > 0 ? rest.trim() : `All ${rows.length} probes ended as expected.`;
}

/**
 * The roles are repeated because screen readers don't treat a table as one when a narrow screen shows it as blocks.
 *
 * @param {readonly Row[]} rows
 */
function renderTable(rows) {
  const head = ['As expected', 'What', 'Way', 'Expected', 'Seen', 'Time'].map(
    (title) => markup`<th role="columnheader" scope="col">${title}</th>`,
  );
  return markup`<h2 id="probes">Probes</h2>
<table role="table" aria-labelledby="probes">
<thead role="rowgroup"><tr role="row">${head}</tr></thead>
<tbody role="rowgroup">${rows.map(renderRow)}
</tbody>
</table>`;
}

/** @param {Row} row */
function renderRow({ name, target, way, expect, seen, detail, outcome, milliseconds }) {
  const { sign, word, look } = LOOKS[outcome];
  return markup`
<tr role="row" class="${look}">
<td role="cell" class="mark">${sign} ${word}</td>
<th role="rowheader" scope="row">${name}<code>${target}</code></th>
<td role="cell" data-label="Way" class="way">${WAYS[way]}</td>
<td role="cell" data-label="Expected">${expect}</td>
<td role="cell" data-label="Seen" class="seen">${seen}<small>${detail}</small></td>
<td role="cell" data-label="Time" class="time">${milliseconds} ms</td>
</tr>`;
}

/** @param {readonly string[]} keys */
function renderFiles(keys) {
  return markup`<h2>Objects of the bucket</h2>
<ul>${keys.map(
    (key) => markup`
<li><code>${key}</code>: <a href="/proxy/${encodeURIComponent(key)}">through the proxy</a>,
<a href="/noproxy/${encodeURIComponent(key)}">without it</a></li>`,
  )}
</ul>`;
}

module.exports = { renderPage, PAGE_POLICY };
