import { parse, type ParseError } from 'jsonc-parser';

/** Accessors for untrusted JSON: a value of an unexpected kind counts as empty. */

export type Json = Readonly<Record<string, unknown>>;

export function block(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/**
 * Parses a text.
 *
 * @throws with only the position: Node.js's own error repeats the text there, which may be a secret
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const errors: ParseError[] = [];
    parse(text, errors, { disallowComments: true });
    const lines = text.slice(0, errors[0]?.offset ?? text.length).split('\n');
    throw new Error(`unexpected text at line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`);
  }
}
