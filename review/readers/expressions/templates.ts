import { call, isConstant, isInOrder, isPlainText, isWhole, NOT_CONSTANT } from './functions';
import { type Expression, NotRead, parseTemplate, type Step } from './parser';
import { KEY, splitReference, stepsOf, written } from './traversal';
import { isObject, Unresolved, type Reference, type Value } from '../values';

const ANY_REFERENCE = new RegExp(
  String.raw`(?:data\.)?[a-z][a-z0-9]*_[a-z0-9_]+\.[A-Za-z0-9_-]+(?:${KEY.source})?(?:\.[a-z0-9_]+)?`,
  'g',
);

/** Splits `data.cloudfoundry_space.Home.id` into address and attribute. */
function reference(text: string, stack: string, module = ''): Reference {
  const { resource, attribute } = splitReference(stepsOf(text));
  return { stack, address: `${module}${written(resource)}`, attribute: written(attribute) };
}

export type PathStep = Step<string | number>;

export interface Templates {
  readonly stack: string;
  /** `module.a.` inside a module. */
  readonly module?: string;
  /** The value of a reference, if known here. */
  readonly lookUp: (root: string, steps: readonly PathStep[]) => Value | undefined;
  /** Stands for a text that can't be computed: equal only if everything that it is made of is equal. */
  readonly tokenOf?: (text: string) => string;
  /** What the local values say that a text is made of, directly or through others. */
  readonly localsIn?: (text: string) => readonly unknown[];
}

/** The value of an attribute in the configuration's JSON. A template that can't be computed stays unresolved. */
export function evaluate(written: unknown, templates: Templates): Value {
  if (typeof written === 'string') return evaluateText(written, templates);
  if (Array.isArray(written)) return written.map((each) => evaluate(each, templates));
  if (typeof written === 'object' && written !== null) return evaluateObject(Object.entries(written), templates);
  return written === undefined ? null : (written as Value);
}

/** Names are templates, too. One that can't be computed may be any name, and the engine refuses duplicates, so nothing is
 * known about the object. */
function evaluateObject(entries: readonly [string, unknown][], templates: Templates): Value {
  const named = entries.map(([name, value]) => [evaluate(name, templates), evaluate(value, templates), name] as const);
  const names = new Set(named.map(([name]) => name));
  if (names.size === entries.length && named.every(([name]) => typeof name === 'string')) {
    return Object.fromEntries(named.map(([name, value]) => [name as string, value]));
  }
  return unresolved(JSON.stringify(Object.fromEntries(entries)), templates);
}

function evaluateText(text: string, templates: Templates): Value {
  if (!/[$%]\{/.test(text)) return text;
  const expression = readable(text);
  if (expression === undefined) return unresolved(text, templates);
  try {
    const value = valueOf(expression, templates);
    if (expression.kind !== 'template' || isConstant(value)) return value;
  } catch (error) {
    if (error !== NOT_CONSTANT) throw error;
  }
  return unresolved(text, templates);
}

/**
 * An application repeats the same text in several variables, and a text that can't be computed is parsed again for its
 * literals.
 */
const READ = new Map<string, Expression | undefined>();
const MOST_READ = 64;

function readable(text: string): Expression | undefined {
  if (READ.has(text)) return READ.get(text);
  let expression: Expression | undefined;
  try {
    expression = parseTemplate(text);
  } catch (error) {
    if (!(error instanceof NotRead)) throw error;
  }
  if (READ.size >= MOST_READ) READ.clear();
  READ.set(text, expression);
  return expression;
}

function valueOf(expression: Expression, templates: Templates): Value {
  const of = (part: Expression): Value => valueOf(part, templates);
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'reference':
      return follow(
        expression.root,
        expression.steps.map((step) => known(step, of)),
        templates,
      );
    case 'template':
      return expression.parts.map((part) => printed(of(part))).join('');
    case 'list':
      return expression.items.map(of);
    case 'object':
      return Object.fromEntries(expression.entries.map(([key, value]) => [nameOf(of(key)), of(value)]));
    case 'member':
      return member(of(expression.of), known(expression.step, of));
    case 'call':
      return call(expression.name, expression.args.map(of));
    case 'conditional':
      return choice(of(expression.parts[0]), of(expression.parts[1]), of(expression.parts[2]));
    case 'operation':
      return operate(expression.operator, expression.operands.map(of));
  }
}

function follow(root: string, steps: readonly PathStep[], templates: Templates): Value {
  const value = templates.lookUp(root, steps);
  return value === undefined ? exactly(root, steps, templates) : value;
}

function known(step: Step<Expression>, of: (part: Expression) => Value): PathStep {
  if ('attribute' in step) return step;
  const key = of(step.key);
  if (typeof key !== 'string' && typeof key !== 'number') throw NOT_CONSTANT;
  return { key };
}

/** @throws if the value has no such member, or isn't known well enough to tell */
export function member(value: Value, step: PathStep): Value {
  const key = 'attribute' in step ? step.attribute : step.key;
  if (Array.isArray(value) && typeof key === 'number' && key in value) return value[key] as Value;
  if (isObject(value) && Object.hasOwn(value, key) && isPlainText(`${key}`)) return value[key] as Value;
  throw NOT_CONSTANT;
}

function printed(value: Value): string {
  if (typeof value === 'string' || typeof value === 'boolean') return `${value}`;
  if (isWhole(value)) return `${value}`;
  throw NOT_CONSTANT;
}

/** Two names in other characters may be equal for the engine. */
function nameOf(value: Value): string {
  const name = printed(value);
  if (!isPlainText(name)) throw NOT_CONSTANT;
  return name;
}

/**
 * The other branch also affects the type, because the engine finds one for both. So only values of the same simple type
 * are supported, and lists of texts in a set's order, which are equal as a list and as a set.
 */
function choice(condition: Value, yes: Value, no: Value): Value {
  if (typeof condition !== 'boolean') throw NOT_CONSTANT;
  const [chosen, other] = condition ? [yes, no] : [no, yes];
  const isOpen = (value: Value): boolean => value instanceof Unresolved || value === null;
  const isSimple = (value: Value): boolean => isOpen(value) || typeof value !== 'object' || isInOrder(value);
  // A number or boolean may become a text if the other branch is unknown.
  const mayBecome = typeof chosen === 'number' || typeof chosen === 'boolean';
  const isAlike = isOpen(chosen) || (isOpen(other) ? other === null || !mayBecome : typeof chosen === typeof other);
  if (!isAlike || !isSimple(chosen) || !isSimple(other)) throw NOT_CONSTANT;
  return chosen;
}

type Operation = (a: Value, b: Value) => Value;

const numbers =
  (operation: (a: number, b: number) => number | boolean): Operation =>
  (a, b) => {
    if (!isWhole(a) || !isWhole(b)) throw NOT_CONSTANT;
    const result = operation(a, b);
    if (typeof result === 'number' && !isWhole(result)) throw NOT_CONSTANT;
    return result;
  };
const truths =
  (operation: (a: boolean, b: boolean) => boolean): Operation =>
  (a, b) => {
    if (typeof a !== 'boolean' || typeof b !== 'boolean') throw NOT_CONSTANT;
    return operation(a, b);
  };
const equality =
  (wanted: boolean): Operation =>
  (a, b) => {
    if ([a, b].some((value) => typeof value === 'object' && value !== null)) throw NOT_CONSTANT;
    if ([a, b].some((value) => typeof value === 'string' && !isPlainText(value))) throw NOT_CONSTANT;
    return (a === b) === wanted;
  };

const OPERATIONS: Readonly<Record<string, Operation>> = {
  '||': truths((a, b) => a || b),
  '&&': truths((a, b) => a && b),
  '==': equality(true),
  '!=': equality(false),
  '<': numbers((a, b) => a < b),
  '>': numbers((a, b) => a > b),
  '<=': numbers((a, b) => a <= b),
  '>=': numbers((a, b) => a >= b),
  '+': numbers((a, b) => a + b),
  '-': numbers((a, b) => a - b),
  '*': numbers((a, b) => a * b),
  '/': numbers((a, b) => a / b),
  '%': numbers((a, b) => (a < 0 || b < 0 ? NaN : a % b)),
};

function operate(operator: string, [first, second]: readonly Value[]): Value {
  if (second === undefined && typeof first === 'boolean' && operator === '!') return !first;
  if (second === undefined && isWhole(first) && first !== 0 && operator === '-') return -first;
  const operation = OPERATIONS[operator];
  if (operation === undefined || first === undefined || second === undefined) throw NOT_CONSTANT;
  return operation(first, second);
}

const BECAUSE = 'it is computed during the apply';

/** A text that is exactly one reference. */
function exactly(root: string, steps: readonly PathStep[], templates: Templates): Unresolved {
  const path = steps.map((step) => ('attribute' in step ? `.${step.attribute}` : `[${JSON.stringify(step.key)}]`));
  const text = `${root}${path.join('')}`;
  const token = `\${${text}}`;
  return new Unresolved(tokenOf(token, templates), BECAUSE, [reference(text, templates.stack, templates.module)], true);
}

function unresolved(text: string, templates: Templates): Unresolved {
  const found = (text.match(ANY_REFERENCE) ?? []).map((each) => reference(each, templates.stack, templates.module));
  const value = new Unresolved(tokenOf(text, templates), BECAUSE, found, false, hasLiteral(text));
  const { localsIn } = templates;
  return localsIn === undefined ? value : straightIf(value, () => isStraight([text, ...localsIn(text)]));
}

const tokenOf = (text: string, templates: Templates) => (): string => templates.tokenOf?.(text) ?? text;

/** Whether there is text outside of all templates, so that the result can't be empty. */
function hasLiteral(text: string): boolean {
  const expression = readable(text);
  const parts = expression?.kind === 'template' ? expression.parts : [];
  return parts.some((part) => part.kind === 'literal' && typeof part.value === 'string' && part.value.trim() !== '');
}

/** Functions that keep every id they are given, in whatever order. */
const KEEPING = /\b(?:concat|flatten|merge|tolist|toset)\(/g;

/** The head of a loop, before what it goes through. */
const LOOP = /\bfor\s+[\w-]+(?:\s*,\s*[\w-]+)?\s+in\b/g;

/**
 * What may pick one of several: a condition, another function, a key that isn't a constant, and a comment or text that
 * could hide one of these.
 */
const PICKING: readonly RegExp[] = [
  /\?|\bif\b|\/\*|\/\/|#|[$%]\{|<</,
  /[\p{ID_Continue}-]\s*\(|\(.*\)\s*=[^=]|\)\s*:/su,
  /[\p{ID_Continue}"\])}]\s*\[(?!\s*(?:"[^"\\]*"|\d+|\*)\s*\])/u,
];

/**
 * Whether an expression gives all the ids that it refers to and picks none of them, as
 * `[for app in cloudfoundry_app.web : app.id]`. When in doubt, it doesn't.
 */
export function isStraight(written: unknown): boolean {
  if (Array.isArray(written)) return written.every(isStraight);
  if (typeof written === 'object' && written !== null)
    return Object.entries(written).every(([name, each]) => !/[$%]\{/.test(name) && isStraight(each));
  if (typeof written !== 'string' || !/[$%]\{/.test(written)) return true;
  if (!written.startsWith('${') || !written.endsWith('}')) return false;
  const inner = written.slice(2, -1).replace(KEEPING, '').replace(LOOP, ':');
  return PICKING.every((pattern) => !pattern.test(inner));
}

const FOUND = new WeakMap<Unresolved, () => boolean>();

/** Notes down how to find out whether a value is straight, which few are asked. */
function straightIf(value: Unresolved, found: () => boolean): Unresolved {
  FOUND.set(value, found);
  return value;
}

export function isStraightValue(value: Unresolved): boolean {
  return FOUND.get(value)?.() ?? false;
}
