import { remember } from '../../model/maps';
import { block, list, text, type Json } from '../json';
import { evaluate } from '../expressions/templates';
import { isKey, referencesIn, splitAddress, stepsOf, withoutKeys, written, type Steps } from '../expressions/traversal';
import { Unresolved, type Value } from '../values';

/** An expression in a plan: a constant, or what it refers to; for blocks, one expression per attribute of each. */
type Expression = Json | readonly unknown[];
type Expressions = ReadonlyMap<string, Expression>;

interface Repeated {
  readonly expressions: Expressions;
  /** `for_each` */
  readonly each?: Expression;
}

interface Module {
  readonly resources: ReadonlyMap<string, Json>;
  readonly outputs: ReadonlyMap<string, Expression>;
  readonly calls: ReadonlyMap<string, Repeated & { readonly module: Module }>;
}

/** Where an expression is evaluated. */
interface Scope {
  readonly module: Module;
  /** The address of the module's instance. */
  readonly address: Steps;
  /** Where the module is called; unset for the root module. */
  readonly caller?: Scope & { readonly call: Repeated };
  /** What `each.value` comes from, and its key. */
  readonly each?: Expression;
  readonly key?: string;
}

/** A resource that a value may come from. */
export interface Source {
  /** Without a key, it stands for every instance. */
  readonly address: Steps;
  /** Undefined for the resource as a whole. */
  readonly attribute?: string;
}

export interface Sources {
  readonly from: readonly Source[];
  /** Whether something in between isn't shown in a plan: a local value. */
  readonly opaque: boolean;
}

const NOTHING: Sources = { from: [], opaque: false };
const OPAQUE: Sources = { from: [], opaque: true };

/** Names whose values are always known when a plan is made. */
const KNOWN = new Set(['count', 'path', 'terraform', 'self']);

/** Whether the code writes the value as a constant. */
export function isConstant(expression: Expression | undefined): boolean {
  return block(expression).constant_value !== undefined;
}

/**
 * The expressions of a plan's configuration, which show where a value that is known only after the apply comes from.
 */
export class Configuration {
  private readonly root: Module;
  /** Only what a plan doesn't say by itself is looked up here, so most of it isn't read. */
  private readonly read = new Map<Json, Repeated>();

  constructor(
    configuration: Json,
    private readonly stack: string,
  ) {
    this.root = moduleOf(block(configuration.root_module));
  }

  /** The attributes that the code sets; undefined if the plan doesn't include the code. */
  of(address: string): Expressions | undefined {
    return this.at(address)?.expressions;
  }

  /**
   * What the code says about an attribute. Values computed from other resources stay unresolved.
   *
   * @param resolve fills in unresolved values, given where they may come from
   */
  value(
    address: string,
    expression: Expression | undefined,
    resolve: (sources: Sources, written: string) => Unresolved,
  ): Value | undefined {
    if (expression === undefined) return undefined;
    if (Array.isArray(expression)) {
      return expression.map((each) =>
        Object.fromEntries(
          [...expressionsOf(each)].map(([name, inner]) => [name, this.value(address, inner, resolve) ?? null]),
        ),
      );
    }
    const { constant_value: constant, references } = block(expression);
    if (constant !== undefined) {
      const module = written(splitAddress(stepsOf(address)).module);
      return evaluate(constant, {
        stack: this.stack,
        module: module === '' ? '' : `${module}.`,
        lookUp: () => undefined,
      });
    }
    return resolve(this.sourcesOf(address, expression), list(references).join());
  }

  private at(address: string): (Repeated & { readonly scope: Scope }) | undefined {
    const { module, resource } = splitAddress(stepsOf(address));
    const scope = this.scopeOf(module);
    const found = scope?.module.resources.get(written(withoutKeys(resource)));
    if (scope === undefined || found === undefined) return undefined;
    const key = resource.find(isKey);
    const { expressions, each } = remember(this.read, found, () => repeated(found));
    return { expressions, each, scope: { ...scope, each, key } };
  }

  private scopeOf(address: Steps): Scope | undefined {
    let scope: Scope = { module: this.root, address: [] };
    for (let index = 0; index < address.length;) {
      const name = address[index + 1] ?? '';
      const key = isKey(address[index + 2]) ? address[index + 2] : undefined;
      const inner = enter(scope, name, key);
      if (inner === undefined) return undefined;
      scope = inner;
      index += key === undefined ? 2 : 3;
    }
    return scope;
  }

  sourcesOf(address: string, expression: Expression): Sources {
    const found = this.at(address);
    return found === undefined ? OPAQUE : trace(expression, found.scope, []);
  }
}

/** @param path the part of the expression's value that is used */
function trace(expression: Expression | undefined, scope: Scope, path: Steps): Sources {
  if (expression === undefined) return NOTHING;
  if (Array.isArray(expression)) {
    return joined(
      expression.flatMap((each) => [...expressionsOf(each).values()].map((inner) => trace(inner, scope, path))),
    );
  }
  const references = referencesIn(list(block(expression).references).map(text));
  // If a value is combined from several, the path doesn't identify one of them.
  return joined(references.map((reference) => follow(reference, scope, path, references.length === 1)));
}

function joined(all: readonly Sources[]): Sources {
  return { from: all.flatMap(({ from }) => from), opaque: all.some(({ opaque }) => opaque) };
}

function follow(reference: Steps, scope: Scope, path: Steps, alone: boolean): Sources {
  const [kind = '', name = '', ...rest] = reference;
  const further = [...rest, ...(alone ? path : [])];
  if (kind === 'var') {
    // A variable of the root module is known when the plan is made.
    if (scope.caller === undefined) return NOTHING;
    return trace(scope.caller.call.expressions.get(name), scope.caller, further);
  }
  if (kind === 'each') {
    if (name === 'key') return NOTHING;
    const { each, key, ...outside } = scope;
    return trace(each, outside, [...(key === undefined ? [] : [key]), ...further]);
  }
  if (kind === 'module') return followModule(name, further, scope);
  if (kind === 'local') return OPAQUE;
  if (KNOWN.has(kind)) return NOTHING;
  const length = kind === 'data' ? 3 : 2;
  const base = reference.slice(0, length);
  const [key] = [...reference.slice(length), ...(alone ? path : [])];
  const attribute = reference.slice(length).find((step) => !isKey(step));
  return {
    from: [{ address: [...scope.address, ...base, ...(isKey(key) ? [key ?? ''] : [])], attribute }],
    opaque: false,
  };
}

/** @param path a key, an output and the part of it that is used, as far as the reference says */
function followModule(name: string, path: Steps, scope: Scope): Sources {
  const [first] = path;
  const key = isKey(first) ? first : undefined;
  const rest = key === undefined ? path : path.slice(1);
  const inner = enter(scope, name, key);
  if (inner === undefined) return OPAQUE;
  const { outputs } = inner.module;
  const named = rest.findIndex((step) => outputs.has(step));
  const output = outputs.get(rest[named] ?? '');
  if (output !== undefined) return trace(output, inner, rest.slice(named + 1));
  // The module as a whole: any of its outputs that is an id.
  const all = joined([...outputs.values()].map((each) => trace(each, inner, [])));
  return { ...all, from: all.from.filter(({ attribute }) => attribute === undefined || attribute === 'id') };
}

function enter(scope: Scope, name: string, key: string | undefined): Scope | undefined {
  const call = scope.module.calls.get(name);
  if (call === undefined) return undefined;
  const { module, address, caller } = scope;
  return {
    module: call.module,
    address: [...address, 'module', name, ...(key === undefined ? [] : [key])],
    caller: { module, address, caller, call, each: call.each, key },
  };
}

function moduleOf(module: Json): Module {
  return {
    resources: new Map(list(module.resources).map((each) => [text(block(each).address), block(each)])),
    outputs: new Map(
      Object.entries(block(module.outputs)).map(([name, each]) => [name, block(block(each).expression)]),
    ),
    calls: new Map(
      Object.entries(block(module.module_calls)).map(([name, call]) => [
        name,
        { ...repeated(block(call)), module: moduleOf(block(block(call).module)) },
      ]),
    ),
  };
}

function repeated({ expressions, for_each_expression: each }: Json): Repeated {
  return { expressions: expressionsOf(expressions), each: each === undefined ? undefined : block(each) };
}

function expressionsOf(expressions: unknown): Expressions {
  return new Map(
    Object.entries(block(expressions)).map(([name, each]) => [name, Array.isArray(each) ? list(each) : block(each)]),
  );
}
