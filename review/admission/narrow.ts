import { NotRead, parseTemplate, type Expression as Read } from '../readers/expressions/parser';
import { literalOf, type Expression, type Reference, type TemplatePart } from './expression';
import { named, Refusal } from './refusal';

/**
 * Parses a JSON-syntax template with the review's own parser and keeps only what is admitted.
 *
 * @throws {Refusal} if it isn't in the admitted part of the language
 */
export function readTemplate(text: string): Expression {
  const read = parsed(text);
  // A JSON text may contain any character; text within quotes is written anew.
  if (read.kind === 'literal' && typeof read.value === 'string') return { kind: 'template', parts: [read.value] };
  return read.kind === 'template' ? template(read.parts, String) : narrow(read);
}

function parsed(text: string): Read {
  try {
    return parseTemplate(text);
  } catch (error) {
    throw error instanceof NotRead ? new Refusal(error.message) : error;
  }
}

function narrow(read: Read): Expression {
  switch (read.kind) {
    case 'literal':
      return typeof read.value === 'string'
        ? { kind: 'template', parts: [quotable(read.value)] }
        : { kind: 'literal', value: read.value };
    case 'template':
      return template(read.parts, quotable);
    case 'list':
      return { kind: 'list', items: read.items.map(narrow) };
    case 'object':
      return { kind: 'object', entries: read.entries.map(([key, value]) => [keyOf(key), narrow(value)]) };
    case 'call':
      return { kind: 'call', name: read.name, args: read.args.map(narrow) };
    case 'reference':
      return reference(read);
    case 'operation':
      return negative(read);
    case 'conditional':
    case 'member':
      throw new Refusal('a condition, or a member of something that is not a name');
  }
}

/** Joins adjacent texts, so that the two can't form a template marker together. */
function template(parts: readonly Read[], text: (letters: string) => string): Expression {
  const all: TemplatePart[] = [];
  for (const part of parts) {
    const last = all.at(-1);
    if (part.kind !== 'literal' || typeof part.value !== 'string') {
      if (typeof last === 'string' && /[$%]$/.test(last))
        throw new Refusal('a template marker directly before another one');
      all.push(narrow(part));
    } else if (typeof last === 'string') all[all.length - 1] = `${last}${text(part.value)}`;
    else all.push(text(part.value));
  }
  return { kind: 'template', parts: all };
}

/** Characters that quotes can't contain and that we have no escape for. */
const UNQUOTABLE = /[^\P{C}\n\r\t]|[\p{Zl}\p{Zp}]/u;

function quotable(letters: string): string {
  if (UNQUOTABLE.test(letters)) throw new Refusal('an unsupported escape');
  return letters;
}

function keyOf(key: Read): string {
  const text = literalOf(narrow(key));
  if (text === undefined) throw new Refusal('a key that is not a string');
  return text;
}

function reference({ root, steps }: Read & { readonly kind: 'reference' }): Reference {
  if (steps.length === 0) throw new Refusal(`${named(root)} by itself`);
  const names = steps.map((step) => {
    const name = 'attribute' in step ? step.attribute : literalOf(narrow(step.key));
    if (name === undefined) throw new Refusal('an index that is not a string');
    return name;
  });
  return { kind: 'reference', steps: [root, ...names] };
}

function negative({ operator, operands: [of, ...more] }: Read & { readonly kind: 'operation' }): Expression {
  if (operator !== '-' || of?.kind !== 'literal' || typeof of.value !== 'number' || more.length > 0)
    throw new Refusal('an operator');
  return { kind: 'literal', value: -of.value };
}
