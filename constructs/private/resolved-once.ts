import { type IResolvable, type IResolveContext, TerraformStack, Token } from 'cdktf';

/**
 * The same expression, which is worked out once for a stack: cdktf resolves each argument of each function twice or more, so
 * that what is nested ten deep, and stands in eight places for each client, takes a quarter of a second for each.
 */
export function resolvedOnce(expression: string): string {
  return Token.asString(new ResolvedOnce(expression));
}

class ResolvedOnce implements IResolvable {
  readonly creationStack: string[] = [];
  private readonly known = new Map<string, unknown>();

  constructor(private readonly expression: string) {}

  resolve(context: IResolveContext): unknown {
    const { preparing, suppressBraces = false, ignoreEscapes = false, warnEscapes = false } = context;
    const stack = TerraformStack.of(context.scope).node.path;
    // What refers to another stack is another text once that is prepared.
    if (preparing) this.known.delete(`${stack} ${suppressBraces} ${ignoreEscapes} ${warnEscapes} false`);
    const key = `${stack} ${suppressBraces} ${ignoreEscapes} ${warnEscapes} ${preparing}`;
    if (!this.known.has(key)) this.known.set(key, context.resolve(this.expression));
    return this.known.get(key);
  }

  toString(): string {
    return Token.asString(this);
  }

  toJSON(): string {
    return this.toString();
  }
}
