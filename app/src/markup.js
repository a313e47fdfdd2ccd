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

module.exports = { markup, Markup };
