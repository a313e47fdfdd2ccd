import { type Entry, type Fields, toEntry } from './entry';
import { BEGINNING, type Line } from './line';

/** Why a line that begins like the proxy's is not taken for one. */
export type Doubt = 'stream' | 'form' | 'start';

export interface Reading {
  readonly entries: readonly Entry[];
  /** How many lines are not taken. */
  readonly doubted: Readonly<Record<Doubt, number>>;
}

/** What the proxy prints: neither a character that a terminal obeys nor one that JSON escapes, since it URL-encodes both. */
const PLAIN = /^[\x20-\x5b\x5d-\x7e]*$/;

interface Announced extends Fields {
  /** The value that the proxy makes when it starts, and has in each of its lines; those of old images have none. */
  readonly start?: string;
}

/**
 * The requests in a log. A client may find a way to make the proxy print text, and so a line like one of the proxy's, by
 * which a host of its choice would be proposed for the allowlist. So a line counts only on standard output, and with the value
 * that the proxy has announced there when it started, before it had any client.
 */
export function readLines(lines: readonly Line[]): Reading {
  const doubted = { stream: 0, form: 0, start: 0 };
  const entries = byInstance(lines.filter(({ text }) => text.startsWith(BEGINNING))).flatMap((own) => {
    const printed = own.filter(({ stream }) => stream !== 'ERR');
    const parsed = printed.map(({ text }) => parse(text));
    const announced = parsed.filter((fields) => fields !== undefined);
    const values = own[0]?.stream === undefined ? valuesOfFile(announced, parsed[0]) : valuesOfPlatform(announced);
    const proven = announced.filter(({ start }, index) => start !== undefined && start === values[index]);
    doubted.stream += own.length - printed.length;
    doubted.form += printed.length - announced.length;
    doubted.start += announced.length - proven.length;
    return proven.flatMap((fields) => toEntry(fields) ?? []);
  });
  return { entries, doubted };
}

/** Each instance has its own value. */
function byInstance(lines: readonly Line[]): Line[][] {
  const groups = new Map<string | undefined, Line[]>();
  for (const line of lines) {
    const group = groups.get(line.instance);
    if (group === undefined) groups.set(line.instance, [line]);
    else group.push(line);
  }
  return [...groups.values()];
}

function parse(text: string): Announced | undefined {
  if (!PLAIN.test(text)) return undefined;
  try {
    const fields: unknown = JSON.parse(text);
    return typeof fields === 'object' && fields !== null ? (fields as Announced) : undefined;
  } catch {
    return undefined;
  }
}

const announces = ({ message }: Announced): boolean => message !== undefined;

/**
 * The value that each line of an instance should have, where the platform tells standard output apart: the one announced
 * last. The platform forgets old lines: before the first announcement all lines must agree.
 */
function valuesOfPlatform(lines: readonly Announced[]): (string | undefined)[] {
  const first = lines.findIndex(announces);
  const before = new Set(lines.slice(0, first < 0 ? undefined : first).map(({ start }) => start));
  let value = before.size === 1 ? [...before][0] : undefined;
  return lines.map((line) => (value = announces(line) ? line.start : value));
}

/** In a file that doesn't tell, an announcement proves something only where nothing stands above it. */
function valuesOfFile(lines: readonly Announced[], first: Announced | undefined): (string | undefined)[] {
  const value = first !== undefined && announces(first) ? first.start : undefined;
  return lines.map(() => value);
}
