/**
 * The admitted part of the engine's language. Anything that this type can't represent isn't planned with credentials.
 */
export type Expression =
  | { readonly kind: 'literal'; readonly value: number | boolean | null }
  | { readonly kind: 'template'; readonly parts: readonly TemplatePart[] }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [string, Expression])[] }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | Reference;

export interface Reference {
  readonly kind: 'reference';
  /** `cloudfoundry_app.web.id`, or `terraform_data.x.output["hash"]`, step by step. */
  readonly steps: readonly string[];
}

/** Text without escapes, or what is between `${` and `}`. */
export type TemplatePart = string | Expression;

/** The direct parts of an expression. */
export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'template':
      return expression.parts.filter((part) => typeof part !== 'string');
    case 'list':
      return expression.items;
    case 'object':
      return expression.entries.map(([, value]) => value);
    case 'call':
      return expression.args;
    default:
      return [];
  }
}

/** The text of a template in which nothing is computed. */
export function literalOf(expression: Expression): string | undefined {
  const [only, ...more] = expression.kind === 'template' ? expression.parts : [];
  return typeof only === 'string' && more.length === 0 ? only : undefined;
}

export const PLAIN = /^[A-Za-z_][\w-]*$/;

/** Prints a template for JSON syntax, where it has no quotes. */
export function printTemplate(parts: readonly TemplatePart[]): string {
  return parts.map((part) => (typeof part === 'string' ? escapeMarks(part) : `\${${print(part)}}`)).join('');
}

function print(expression: Expression): string {
  switch (expression.kind) {
    case 'literal':
      return String(expression.value);
    case 'template':
      return `"${expression.parts.map((part) => (typeof part === 'string' ? quoted(part) : `\${${print(part)}}`)).join('')}"`;
    case 'list':
      return `[${expression.items.map(print).join(', ')}]`;
    case 'object':
      return `{${expression.entries.map(([key, value]) => `"${quoted(key)}" = ${print(value)}`).join(', ')}}`;
    case 'call':
      return `${expression.name}(${expression.args.map(print).join(', ')})`;
    case 'reference':
      return expression.steps.map((step, index) => printStep(step, index)).join('');
  }
}

function printStep(step: string, index: number): string {
  if (!PLAIN.test(step)) return `["${quoted(step)}"]`;
  return index === 0 ? step : `.${step}`;
}

function escapeMarks(text: string): string {
  return text.replace(/[$%](?=\{)/g, '$&$&');
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function quoted(text: string): string {
  return escapeMarks(text).replace(/[\\"\n\r\t]/g, (character) => ESCAPES[character] ?? character);
}
