import { type Entry, type Fields, toEntry } from './entry';
import { BEGINNING, type Line } from './line';

/** Why a line that begins like the proxy's is not taken for one. */
export type Doubt = 'stream' | 'form' | 'start';

/** Takes what is believed. What is not known to be, until a later line tells, has one of its own meanwhile. */
export interface Sink<Self> {
  add(entry: Entry): void;
  /** Takes all that the other one has. */
  merge(other: Self): void;
}

/** What the proxy prints: neither a character that a terminal obeys nor one that JSON escapes, since it URL-encodes both. */
const PLAIN = /^[\x20-\x5b\x5d-\x7e]*$/;

interface Announced extends Fields {
  /** The value that the proxy makes when it starts, and has in each of its lines; those of old images have none. */
  readonly start?: string;
}

/** An instance of which nothing is known yet but lines that agree with each other. */
interface Unproven<S> {
  readonly value: string;
  readonly held: S;
  lines: number;
}

interface Instance<S> {
  /** The value that its lines must have; undefined where none can. */
  value?: string;
  unproven?: Unproven<S>;
}

/**
 * Reads a log line by line, and keeps no more of it than its sink does. A client may find a way to make the proxy print text, and
 * so a line like one of the proxy's, by which a host of its choice would be proposed for the allowlist. So a line counts only on
 * standard output, and with the value that the proxy has announced there when it started, before it had any client.
 */
export class Reading<S extends Sink<S>> {
  /** How many lines are not taken. */
  readonly doubted: Record<Doubt, number> = { stream: 0, form: 0, start: 0 };
  private readonly taken: S;
  /** Each has its own value. */
  private readonly instances = new Map<string | undefined, Instance<S>>();

  /** @param sink makes an empty one */
  constructor(private readonly sink: () => S) {
    this.taken = sink();
  }

  take({ instance: name, stream, text }: Line): void {
    if (!text.startsWith(BEGINNING)) return;
    if (stream === 'ERR') {
      this.doubted.stream += 1;
      return;
    }
    const fields = parse(text);
    let instance = this.instances.get(name);
    if (instance === undefined) {
      instance = this.first(fields, stream !== undefined);
      if (instance !== undefined) this.instances.set(name, instance);
    }
    if (fields === undefined || instance === undefined) {
      this.doubted.form += 1;
      return;
    }
    // In a file that doesn't tell who wrote a line, an announcement proves something only where nothing stands above it.
    if (announces(fields) && stream !== undefined) {
      this.settle(instance);
      instance.value = fields.start;
    }
    this.judge(instance, fields);
  }

  /** All that is believed. */
  end(): S {
    for (const instance of this.instances.values()) this.settle(instance);
    return this.taken;
  }

  /**
   * The platform forgets old lines, the announcement too: before the first one all lines must agree. Undefined where the next
   * line is the first one as well.
   */
  private first(fields: Announced | undefined, platform: boolean): Instance<S> | undefined {
    if (fields === undefined) return platform ? undefined : {};
    if (announces(fields)) return { value: fields.start };
    if (!platform || fields.start === undefined) return {};
    return { unproven: { value: fields.start, held: this.sink(), lines: 0 } };
  }

  private judge(instance: Instance<S>, fields: Announced): void {
    const { unproven, value } = instance;
    if (unproven !== undefined && fields.start !== unproven.value) {
      this.doubted.start += unproven.lines;
      instance.unproven = undefined;
    }
    const expected = instance.unproven?.value ?? value;
    if (expected === undefined || fields.start !== expected) {
      this.doubted.start += 1;
      return;
    }
    if (instance.unproven !== undefined) instance.unproven.lines += 1;
    const entry = toEntry(fields);
    if (entry !== undefined) (instance.unproven?.held ?? this.taken).add(entry);
  }

  private settle(instance: Instance<S>): void {
    if (instance.unproven !== undefined) this.taken.merge(instance.unproven.held);
    instance.unproven = undefined;
  }
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
