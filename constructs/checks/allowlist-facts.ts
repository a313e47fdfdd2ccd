import { Destination } from '../destination';
import type { AllowlistFacts, AllowlistLine, Variable } from './facts';
import type { Unknown } from './reach';

const FIRST = 'EGRESS_ALLOW';

/**
 * Only a proxy has the variable, which continues in `_1`, `_2` and so on; empty lines and comments say nothing. Read as
 * the proxy reads it: what stops the proxy from starting makes the list unknown.
 */
export function allowlistOf(environment: ReadonlyMap<string, Variable>): AllowlistFacts | undefined {
  if (!environment.has(FIRST)) return undefined;
  const found = [...environment.keys()].filter((name) => name.startsWith(FIRST)).sort();
  const expected = new Set(found.map((_, index) => (index === 0 ? FIRST : `${FIRST}_${index}`)));
  const unknown: Unknown[] = found
    .filter((name) => !expected.has(name))
    .map((name) => ({ token: `gap ${name}`, because: `${name} does not continue ${FIRST} without a gap` }));
  const lines: AllowlistLine[] = [];
  for (const name of expected) {
    const value = environment.get(name) ?? '';
    if (typeof value === 'string') {
      const texts = value.split('\n').map((text) => text.trim());
      lines.push(...texts.filter((text) => text !== '' && !text.startsWith('#')).map(readLine));
    } else {
      unknown.push({ ...value, because: `the allowlist can't be read: ${value.because}` });
    }
  }
  const unreadable = lines
    .filter(({ error }) => error !== undefined)
    .map(({ text }) => ({
      token: `line ${text}`,
      because: `the allowlist has the line '${text}', which can't be read`,
    }));
  return { lines, unknown: [...unknown, ...unreadable] };
}

function readLine(text: string): AllowlistLine {
  try {
    return { text, destination: Destination.parse(text) };
  } catch (error) {
    return { text, error: error instanceof Error ? error.message : String(error) };
  }
}
