import { type Entry, type Fields, toEntry, BEGINNING, type Line } from './line';

/** Why a line that starts like the proxy's is ignored. */
export type Doubt = 'stream' | 'form' | 'start';

/** Collects the lines that are trusted. Lines about which a later line decides have a sink of their own until then. */
export interface Sink<Self> {
  add(entry: Entry): void;
  /** Adds everything that the other one has collected. */
  merge(other: Self): void;
}

/** What the proxy prints: no terminal control characters and none that JSON escapes, because it URL-encodes both. */
const PLAIN = /^[\x20-\x5b\x5d-\x7e]*$/;

interface Announced extends Fields {
  /** The value that the proxy generates at start and includes in each line; old images have none. */
  readonly start?: string;
}

/** An instance about which only lines that agree with each other are known so far. */
interface Unproven<S> {
  readonly value: string;
  readonly held: S;
  lines: number;
}

interface Instance<S> {
  /** The value that its lines must have; undefined if no line can have it. */
  value?: string;
  unproven?: Unproven<S>;
}

/**
 * Reads a log line by line and keeps only what its sink keeps. A client might find a way to make the proxy print text,
 * and so forge a line that would get a host suggested for the allowlist. Therefore a line counts only on standard
 * output and with the value that the proxy announced there at start, before it had any client.
 */
export class Reading<S extends Sink<S>> {
  /** How many lines were ignored, by reason. */
  readonly doubted: Record<Doubt, number> = { stream: 0, form: 0, start: 0 };
  private readonly taken: S;
  /** Each instance has its own value. */
  private readonly instances = new Map<string | undefined, Instance<S>>();

  /** @param sink creates an empty one */
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
    // In a file that doesn't say who wrote a line, an announcement is trustworthy only if it is the first line.
    if (announces(fields) && stream !== undefined) {
      this.settle(instance);
      instance.value = fields.start;
    }
    this.judge(instance, fields);
  }

  /** Everything that is trusted. */
  end(): S {
    for (const instance of this.instances.values()) this.settle(instance);
    return this.taken;
  }

  /**
   * The platform discards old lines, including the announcement: all lines before the first announcement must agree.
   * Undefined if the next line is also the first one.
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
