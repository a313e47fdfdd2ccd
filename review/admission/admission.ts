import { isDeepStrictEqual } from 'node:util';
import { BlockReader } from './block';
import { PLAIN, type Expression, readExpression, writeExpression, named, Refusal } from './expression';
import { isWithin } from './functions';
import { Scope, LOOKUPS, RESOURCES, type BlockType } from './scope';
import { type Json, eachObject, isJson, mapObject, member, uncommented } from '../readers/json';
import type { SynthesizedStack } from '../readers/tree';
import { remember } from '../model/maps';

export interface Admission {
  /** Why the change may not be planned, one reason per line; empty if it may. */
  readonly reasons: readonly string[];
  /** What may be planned, written anew from what was read. */
  readonly stacks: readonly SynthesizedStack[];
}

/**
 * Decides what may be planned with credentials. Planning a configuration means running it: a data source may be a
 * program or a request to anywhere, an expression may read files, and the provider block says where the password goes.
 * So a change is planned only if it consists of what is already merged and of new blocks in a small language: resources
 * and lookups of the Cloud Foundry provider that can only read names and ids, can't remove the mark of a sensitive
 * value, and can't print a secret or send it anywhere.
 *
 * @param change synthesized from code that nobody has reviewed yet
 * @param merged synthesized from the code of the default branch
 */
export function admit(change: readonly SynthesizedStack[], merged: readonly SynthesizedStack[]): Admission {
  const admitted = change.map(({ name, json }) => {
    const old = merged.find((stack) => stack.name === name);
    if (old === undefined) return { name, json: {}, reasons: ['the stack is new'] };
    const stack = new ChangedStack(withoutComments(json), withoutComments(old.json));
    return { name, json: stack.read(), reasons: stack.reasons };
  });
  const names = new Set(change.map(({ name }) => name));
  // A plan of the other stacks wouldn't show it.
  const gone = merged
    .filter(({ name }) => !names.has(name))
    .map(({ name }) => ({ name, reasons: ['the stack is gone'] }));
  const reasons = [...admitted, ...gone].flatMap((stack) =>
    stack.reasons.map((reason) => `${named(stack.name)}: ${reason}`),
  );
  return { reasons, stacks: reasons.length > 0 ? [] : admitted.map(({ name, json }) => ({ name, json })) };
}

/** Drops the comments of the file and of each resource, which cdktf writes and the engine ignores. */
function withoutComments(json: unknown): Json {
  const file = mapObject(uncommented(json), (section, name) =>
    name === 'resource' || name === 'data'
      ? mapObject(section, (instances) => mapObject(instances, (body) => uncommented(body)))
      : section,
  );
  return isJson(file) ? file : {};
}

const BLOCKS = new Map<string, readonly BlockType[]>([
  ['resource', RESOURCES],
  ['data', LOOKUPS],
]);

class ChangedStack {
  readonly reasons: string[] = [];
  private readonly scope: Scope;
  private readonly references: References;

  constructor(
    private readonly change: Json,
    private readonly merged: Json,
  ) {
    this.scope = new Scope(change);
    this.references = new References(change, merged);
  }

  read(): Json {
    for (const name of Object.keys(this.merged)) {
      // Sections with blocks may lose them; the rest must be unchanged.
      if (!Object.hasOwn(this.change, name) && !BLOCKS.has(name) && name !== 'output' && name !== 'moved')
        this.reasons.push(`'${named(name)}' is gone`);
    }
    return mapObject(this.change, (section, name) => this.section(section, name)) as Json;
  }

  private section(section: unknown, name: string): unknown {
    const types = BLOCKS.get(name);
    if (types !== undefined) return this.blocks(section, name, types);
    if (name === 'module' && hasLocal(section))
      this.reasons.push('a module needs its folder in the repository, and only the configuration is passed on');
    if (this.references.areMerged(section, member(this.merged, name))) return section;
    if (name === 'output') return this.outputs(section);
    if (name === 'moved') return this.attempt(name, () => this.moves(section));
    this.reasons.push(`'${named(name)}' has changed or refers to something that has changed`);
    return undefined;
  }

  private blocks(section: unknown, name: string, types: readonly BlockType[]): unknown {
    if (!isJson(section)) this.reasons.push(`'${name}' is not an object`);
    return mapObject(section, (instances, type) => {
      if (!isJson(instances)) this.reasons.push(`${name} ${named(type)} is not an object`);
      return mapObject(instances, (body, id) => {
        if (this.references.areMerged(body, member(member(member(this.merged, name), type), id))) return body;
        const address = [...(name === 'data' ? ['data'] : []), type, id].map(named).join('.');
        const known = types.find(({ matches }) => matches.test(type));
        if (known === undefined || !PLAIN.test(id)) {
          this.reasons.push(`${address} is new or has changed, and its type is not planned with credentials`);
          return undefined;
        }
        return this.attempt(address, () => new BlockReader(known, this.scope).read(body));
      });
    });
  }

  private outputs(section: unknown): unknown {
    if (!isJson(section)) this.reasons.push("'output' is not an object");
    return mapObject(section, (body, name) =>
      this.attempt(`output ${named(name)}`, () => {
        const expression = readExpression(body);
        if (!PLAIN.test(name) || this.scope.levelOf(expression) !== 'public')
          throw new Refusal('a secret, or not a plain name');
        return writeExpression(expression);
      }),
    );
  }

  /**
   * A move also moves the state, so it must stay within one resource type; a value kept in the state has lost its mark.
   */
  private moves(section: unknown): unknown {
    if (!Array.isArray(section)) throw new Refusal('not a list');
    const merged = new Scope(this.merged);
    return section.map((move) => {
      const [from, to] = [member(move, 'from'), member(move, 'to')].map((end) => (typeof end === 'string' ? end : ''));
      const [fromType, toType] = [from, to].map((end) => ADDRESS.exec(end ?? '')?.[1]);
      if (fromType === undefined || fromType !== toType)
        throw new Refusal('not a move from a plain address to another one of the same type');
      if (fromType === KEEPER && !isWithin(merged.levelOf(outputOf(from ?? '')), 'unmarked'))
        throw new Refusal('it keeps a secret');
      return { from, to };
    });
  }

  private attempt(place: string, read: () => unknown): unknown {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.reasons.push(`${place}: ${error.message}`);
      return undefined;
    }
  }
}

function hasLocal(modules: unknown): boolean {
  const calls = eachObject(modules).flatMap((each) => Object.values(each).flatMap((call) => eachObject(call)));
  return calls.some((call) => /^\.{0,2}\//.test(String(member(call, 'source'))));
}

const KEEPER = 'terraform_data';

function outputOf(address: string): Expression {
  return { kind: 'reference', steps: [...address.split('.'), 'output'] };
}

const ADDRESS = /^([a-z][a-z0-9_]*)\.[A-Za-z_][\w-]*$/;

/**
 * Finds blocks that are unchanged, both in themselves and in everything that they refer to: a merged block that refers
 * to a changed one would pass on its values, for example to a program.
 */
class References {
  private readonly changed: ReadonlySet<string>;

  constructor(change: Json, merged: Json) {
    const blocks = ['resource', 'data'].flatMap((section) => blocksOf(change, section));
    const changed = new Set<string>();
    const users = new Map<string, string[]>();
    for (const { address, body, section, type, id } of blocks) {
      if (!isDeepStrictEqual(body, member(member(member(merged, section), type), id))) changed.add(address);
      for (const name of namesIn(body)) remember(users, name, () => []).push(address);
    }
    for (const local of localsOf(change))
      for (const name of local.names) remember(users, name, () => []).push(local.address);
    // Iterating over a Set also visits values that are added meanwhile.
    for (const address of changed) for (const user of users.get(address) ?? []) changed.add(user);
    this.changed = changed;
  }

  areMerged(body: unknown, merged: unknown): boolean {
    return isDeepStrictEqual(body, merged) && ![...namesIn(body)].some((name) => this.changed.has(name));
  }
}

function blocksOf(stack: Json, section: string) {
  const prefix = section === 'data' ? 'data.' : '';
  return entries(member(stack, section)).flatMap(([type, instances]) =>
    entries(instances).map(([id, body]) => ({ address: `${prefix}${type}.${id}`, section, type, id, body })),
  );
}

function localsOf(stack: Json) {
  return entries(member(stack, 'locals')).map(([name, value]) => ({ address: `local.${name}`, names: namesIn(value) }));
}

function entries(value: unknown): [string, unknown][] {
  return isJson(value) ? Object.entries(value) : [];
}

const NAME = /(?<![\w.-])(?:data\s*\.\s*)?[A-Za-z_][\w-]*\s*\.\s*[A-Za-z_][\w-]*/g;

/** Anything that may be a block's name. `depends_on` doesn't count, because it passes on no value. */
function namesIn(body: unknown): ReadonlySet<string> {
  const read = isJson(body) ? Object.entries(body).filter(([name]) => name !== 'depends_on') : body;
  return new Set(
    textsIn(read)
      .flatMap((text) => text.match(NAME) ?? [])
      .map((name) => name.replace(/\s/g, '')),
  );
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  return isJson(value) ? Object.entries(value).flatMap(textsIn) : [];
}
