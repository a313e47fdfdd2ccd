/** The contexts that `${{ }}` can use: `github`, `inputs`, `vars`, and so on. */
export type Contexts = Readonly<Record<string, unknown>>;

type Value = string | number | boolean | null;

const TOKENS = /\s*('(?:[^']|'')*'|\d+|\|\||&&|==|!=|!|\(|\)|[A-Za-z_][\w-]*(?:\.[\w-]+)*(?:\(\))?)/y;

/**
 * Evaluates an expression in a GitHub workflow, as far as our workflows use them.
 *
 * @throws for an unknown context, so that a test detects a secret where there must be none
 * @see https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
 */
export function evaluate(expression: string, contexts: Contexts): Value {
  const tokens = tokensOf(expression.trim());
  const take = (...expected: readonly string[]): string | undefined =>
    expected.includes(tokens[0] ?? '') ? tokens.shift() : undefined;

  const either = (): Value => {
    let left = both();
    while (take('||') !== undefined) {
      const right = both();
      left = truthy(left) ? left : right;
    }
    return left;
  };
  const both = (): Value => {
    let left = comparison();
    while (take('&&') !== undefined) {
      const right = comparison();
      left = truthy(left) ? right : left;
    }
    return left;
  };
  const comparison = (): Value => {
    const left = operand();
    const operator = take('==', '!=');
    if (operator === undefined) return left;
    return (text(left) === text(operand())) === (operator === '==');
  };
  const operand = (): Value => {
    if (take('!') !== undefined) return !truthy(operand());
    if (take('(') !== undefined) {
      const inner = either();
      if (take(')') === undefined) throw new Error(`'${expression}' lacks a ')'`);
      return inner;
    }
    const token = tokens.shift() ?? '';
    if (token.startsWith("'")) return token.slice(1, -1).replaceAll("''", "'");
    if (/^\d/.test(token)) return Number(token);
    return lookUp(token, contexts);
  };

  const value = either();
  if (tokens.length > 0) throw new Error(`'${expression}' goes on with '${tokens.join(' ')}'`);
  return value;
}

/** A text in which all `${{ }}` are evaluated. */
export function interpolate(template: unknown, contexts: Contexts): string {
  return text(template as Value).replace(/\$\{\{(.*?)\}\}/gs, (_, expression: string) =>
    text(evaluate(expression, contexts)),
  );
}

export function truthy(value: Value): boolean {
  return value !== null && value !== false && value !== 0 && value !== '';
}

function tokensOf(expression: string): string[] {
  const tokens: string[] = [];
  TOKENS.lastIndex = 0;
  while (TOKENS.lastIndex < expression.length) {
    const [, token] = TOKENS.exec(expression) ?? [];
    if (token === undefined) throw new Error(`'${expression}' can't be read`);
    tokens.push(token);
  }
  return tokens;
}

function lookUp(path: string, contexts: Contexts): Value {
  if (path === 'cancelled()') return false;
  if (path === 'true' || path === 'false') return path === 'true';
  const [context = '', ...names] = path.split('.');
  if (!(context in contexts)) throw new Error(`there is no context '${context}' here, for '${path}'`);
  const found = names.reduce<unknown>(
    (at, name) => (typeof at === 'object' && at !== null ? (at as Readonly<Record<string, unknown>>)[name] : undefined),
    contexts[context],
  );
  return (found ?? null) as Value;
}

function text(value: Value): string {
  return value === null ? '' : String(value);
}
