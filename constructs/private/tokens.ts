import { createHash } from 'node:crypto';
import {
  DefaultTokenResolver,
  Fn,
  type IResolvable,
  type IResolveContext,
  StringConcat,
  TerraformStack,
  Token,
  Tokenization,
} from 'cdktf';
import type { IConstruct } from 'constructs';

/** Whether only the engine knows the value, such as that of a variable or an attribute. */
export function isToken(value: unknown): boolean {
  return Token.isUnresolved(value);
}

/** The text, or its expression, such as `${var.name}`, because each read of an attribute returns a new token. */
export function textOf(scope: IConstruct, text: string): string {
  if (!isToken(text)) return text;
  const resolver = new DefaultTokenResolver(new StringConcat());
  return String(Tokenization.resolve(text, { scope, resolver, preparing: false }));
}

/** @throws for a token, or a list with one, because the program itself must know the value */
export function checkKnown(scope: IConstruct, what: string, value: unknown, why: string): void {
  const late: unknown = isToken(value) ? value : [value].flat().find(isToken);
  if (late === undefined) return;
  const expression = textOf(scope, typeof late === 'string' ? late : Token.asString(late));
  throw new Error(
    `${what} is ${expression}, a token, which only the engine knows the value of, and ${why}: ` +
      'pass the value itself, from the configuration of the program',
  );
}

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

/**
 * A hash of everything that instances start with, in Base64. The engine hashes what only it knows, and this function
 * the rest, so that a long allowlist isn't written twice.
 */
export function releaseHash(release: string): string {
  const { literals, tokens } = Tokenization.reverseString(release);
  const all = tokens.map((token) => Token.asString(token));
  // A client's variables contain the same address several times, and its expression is long.
  const late = [...new Set(all)];
  const places = late.length === all.length ? [] : all.map((token) => late.indexOf(token));
  const known = createHash('sha256')
    .update([...literals, ...places].join('\0'))
    .digest('base64');
  return late.length === 0 ? known : Fn.base64sha256(Fn.join(' ', [known, ...late]));
}
