import { type Expression, readExpression, writeExpression, named, Refusal } from './expression';
import { eachObject, isJson, uncommented } from '../readers/json';
import { isWithin, type Level } from './functions';
import { type Scope, type Blocks, type BlockType } from './scope';

type Reader = (value: unknown, path: string) => unknown;

/**
 * Reads the body of a resource or lookup and writes it anew. Whether an argument is an expression or a block decides
 * how its value is read: a text is a template in an expression and may be an address in a block.
 */
export class BlockReader {
  private readonly meta: Readonly<Record<string, Reader>> = {
    depends_on: (value, path) => listOf(value, path, (each) => literal(each, path, ADDRESS)),
    provider: (value, path) => literal(value, path, PROVIDER),
    count: (value, path) => this.expression(value, path),
    for_each: (value, path) => this.expression(value, path),
    lifecycle: (value, path) => this.block(value, path, this.lifecycle),
  };
  private readonly lifecycle: Readonly<Record<string, Reader>> = {
    create_before_destroy: flag,
    prevent_destroy: flag,
    ignore_changes: (value, path) => listOf(value, path, (each) => oneOf(each, path, this.type.ignorable ?? [])),
    precondition: (value, path) => this.block(value, path, this.condition),
    postcondition: (value, path) => this.block(value, path, this.condition),
  };
  private readonly condition: Readonly<Record<string, Reader>> = {
    condition: (value, path) => (isOfSeed(value) ? value : this.expression(value, path)),
    error_message: (value, path) => this.expression(value, path),
  };

  constructor(
    private readonly type: BlockType,
    private readonly scope: Scope,
  ) {}

  /** @throws {Refusal} if it contains anything outside the admitted part of the language */
  read(body: unknown): unknown {
    if (!isJson(body)) throw new Refusal('not an object');
    return this.body(body, '', (name) => this.meta[name] ?? this.argument(name, this.type.blocks ?? {}));
  }

  private argument(name: string, blocks: Blocks): Reader {
    const inner = Object.hasOwn(blocks, name) ? blocks[name] : undefined;
    if (inner !== undefined) return (value, path) => this.blocks(value, path, (each) => this.argument(each, inner));
    return (value, path) => this.expression(value, path);
  }

  private block(value: unknown, path: string, readers: Readonly<Record<string, Reader>>): unknown {
    return this.blocks(value, path, (name) => (Object.hasOwn(readers, name) ? readers[name] : undefined));
  }

  /** A block or a list of blocks. */
  private blocks(value: unknown, path: string, readerOf: (name: string) => Reader | undefined): unknown {
    const bodies = eachObject(value);
    if (Array.isArray(value) ? bodies.length !== value.length : bodies.length !== 1)
      throw new Refusal(`${path} is not a block`);
    const read = bodies.map((body) => this.body(body, `${path}.`, readerOf));
    return Array.isArray(value) ? read : read[0];
  }

  private body(body: object, prefix: string, readerOf: (name: string) => Reader | undefined): unknown {
    return Object.fromEntries(
      Object.entries(uncommented(body) as object).map(([name, value]) => {
        const path = `${prefix}${named(name)}`;
        const reader = ARGUMENT.test(name) && !NEVER.has(name) ? readerOf(name) : undefined;
        if (reader === undefined) throw new Refusal(`${path} is not planned with credentials`);
        return [name, reader(value, path)];
      }),
    );
  }

  private expression(value: unknown, path: string): unknown {
    const expression = at(path, () => readExpression(value));
    this.check(expression, path);
    return writeExpression(expression);
  }

  /** Each member of an object is checked by itself, because one of them may take a secret. */
  private check(expression: Expression, path: string): void {
    const most: Level = this.type.most?.find(([pattern]) => pattern.test(path))?.[1] ?? 'public';
    if (expression.kind === 'object' && most !== 'public' && this.type.encoded !== true) {
      for (const [name, value] of expression.entries) this.check(value, `${path}.${named(name)}`);
      return;
    }
    const level = at(path, () => this.scope.levelOf(expression));
    if (!isWithin(level, most)) throw new Refusal(`${path} does not take such a secret`);
    const isEncoded = expression.kind === 'call' && expression.name === 'jsonencode';
    if (this.type.encoded === true && level !== 'public' && !isEncoded)
      throw new Refusal(`${path} takes a secret only within jsonencode()`);
  }
}

/**
 * The condition that the constructs put on a seed. It reveals that the secret is long enough; with other numbers it
 * would reveal its length.
 */
const OF_SEED =
  /^\$\{\(\(length\((var\.[A-Za-z_][\w-]*)\) >= 32\) && \(length\(distinct\(split\("", \1\)\)\) >= 10\)\)\}$/;

function isOfSeed(condition: unknown): boolean {
  return typeof condition === 'string' && OF_SEED.test(condition);
}

const ARGUMENT = /^[a-z][a-z0-9_]*$/;
/** These run something or say where to. `dynamic` generates blocks, and none of the admitted ones needs it. */
const NEVER = new Set(['provisioner', 'connection', 'dynamic', 'constructor']);
const ADDRESS = /^(?:data\.)?[a-z][a-z0-9_]*\.[A-Za-z_][\w-]*$/;
const PROVIDER = /^(?:cloudfoundry|docker)(?:\.[A-Za-z_][\w-]*)?$/;

function literal(value: unknown, path: string, pattern: RegExp): string {
  if (typeof value !== 'string' || !pattern.test(value)) throw new Refusal(`${path} is not a plain name`);
  return value;
}

function oneOf(value: unknown, path: string, names: readonly string[]): string {
  const found = names.find((name) => name === value);
  if (found === undefined) throw new Refusal(`${path} names an attribute that may not be ignored`);
  return found;
}

function flag(value: unknown, path: string): boolean {
  if (typeof value !== 'boolean') throw new Refusal(`${path} is neither true nor false`);
  return value;
}

function listOf<T>(value: unknown, path: string, read: (each: unknown) => T): T[] {
  if (!Array.isArray(value)) throw new Refusal(`${path} is not a list`);
  return value.map(read);
}

function at<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof Refusal ? new Refusal(`${path}: ${error.message}`) : error;
  }
}
