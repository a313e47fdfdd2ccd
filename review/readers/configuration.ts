import { block, list, text, type Json } from './json';
import { evaluate, reference } from './templates';
import { Unresolved, type Reference, type Value } from './values';

interface Expression {
  readonly constant?: unknown;
  readonly references: readonly string[];
}

const INSTANCE = /\[(?:[0-9]+|"[^"]*")\]/g;

/** The expressions of a plan's configuration, which tell what a value that is not known yet will be the id of. */
export class Configuration {
  private readonly resources = new Map<string, ReadonlyMap<string, Expression>>();
  private readonly arguments = new Map<string, ReadonlyMap<string, Expression>>();

  constructor(
    configuration: Json,
    private readonly stack: string,
  ) {
    this.collect(block(configuration.root_module), '');
  }

  of(address: string): ReadonlyMap<string, Expression> | undefined {
    return this.resources.get(address.replace(INSTANCE, ''));
  }

  value(address: string, expression: Expression | undefined): Value | undefined {
    if (expression === undefined) return undefined;
    const module = /^(?:module\.[^.[]+(?:\[[^\]]*\])?\.)*/.exec(address)?.[0] ?? '';
    if (expression.constant !== undefined) {
      return evaluate(expression.constant, { stack: this.stack, module, lookUp: () => undefined });
    }
    const references = this.follow(expression.references, module);
    // The engine lists a reference with every prefix of it; what is left without them is what was written.
    const exact = references.length === 1;
    return new Unresolved(expression.references.join(), 'known after apply', references, exact);
  }

  /** A module's variable stands for what its call gives it. */
  private follow(references: readonly string[], module: string): Reference[] {
    const written = references.filter(
      (each) => !references.some((other) => other.startsWith(`${each}.`) || other.startsWith(`${each}[`)),
    );
    return written.flatMap((each): Reference[] => {
      if (!each.startsWith('var.') || module === '') return [reference(each, this.stack, module)];
      const given = this.arguments
        .get(module.replace(INSTANCE, ''))
        ?.get(each.slice('var.'.length).split('.')[0] ?? '');
      const outer = module.replace(/module\.[^.]+\.$/, '');
      return given === undefined ? [] : this.follow(given.references, outer);
    });
  }

  private collect(module: Json, prefix: string): void {
    for (const resource of list(module.resources).map(block)) {
      this.resources.set(`${prefix}${text(resource.address)}`, expressionsOf(resource.expressions));
    }
    for (const [name, call] of Object.entries(block(module.module_calls))) {
      const inner = `${prefix}module.${name}.`;
      this.arguments.set(inner, expressionsOf(block(call).expressions));
      this.collect(block(block(call).module), inner);
    }
  }
}

function expressionsOf(expressions: unknown): Map<string, Expression> {
  return new Map(
    Object.entries(block(expressions)).map(([name, expression]) => {
      const { constant_value: constant, references } = block(expression);
      return [name, { constant, references: list(references).map(text) }];
    }),
  );
}
