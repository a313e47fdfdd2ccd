import { DefaultTokenResolver, StringConcat, Token, Tokenization } from 'cdktf';
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
