import { parse, type ParseError } from 'jsonc-parser';

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
