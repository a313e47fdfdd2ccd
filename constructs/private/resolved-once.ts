import { type IResolvable, type IResolveContext, TerraformStack, Token } from 'cdktf';

/**
 * The same expression, resolved once per stack. cdktf resolves each argument of each function at least twice, so an
 * expression that is nested ten deep, and occurs in eight places for each client, takes a quarter of a second per
 * client.
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
    // A reference to another stack has a different text after that stack is prepared.
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
