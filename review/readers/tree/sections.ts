import { dirname, isAbsolute, relative } from 'node:path';
import { isPlainText, isWhole } from '../expressions/functions';
import { block, isJson, type Json } from '../json';
import { type Block, nestedBlocks } from './blocks';
import { Unresolved, type Value } from '../values';

/** The role of a section's blocks in the review. */
type Role =
  /** Handled by a provider. */
  | 'resource'
  /** Part of the values that it goes into, and nothing by itself. */
  | 'value'
  /** Settings of the engine, each a thing of its own. */
  | 'settings'
  /** No resource, and yet it decides what an apply does. */
  | 'thing';

const ROLES: Readonly<Record<string, Role>> = {
  resource: 'resource',
  data: 'resource',
  locals: 'value',
  variable: 'value',
  output: 'value',
  terraform: 'settings',
  ...{ action: 'thing', check: 'thing', ephemeral: 'thing', import: 'thing', list: 'thing' },
  ...{ module: 'thing', moved: 'thing', provider: 'thing', removed: 'thing' },
};

/** The type of blocks that the review doesn't know. */
export const UNKNOWN_BLOCK = 'unknown block';

export function roleOf({ section }: Block): Role | undefined {
  return Object.hasOwn(ROLES, section) ? ROLES[section] : undefined;
}

/** The blocks by the names that others refer to; each local is a block. */
export function addressed(of: Block): [address: string, block: Block][] {
  if (of.section !== 'locals') return [[addressOf(of), of]];
  return Object.entries(of.body).map(([name, value]) => [`local.${name}`, { ...of, labels: [name], body: { value } }]);
}

function addressOf({ section, labels, body }: Block): string {
  const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value ?? ''));
  switch (section) {
    case 'resource':
      return labels.join('.');
    case 'variable':
      return `var.${labels.join('.')}`;
    case 'provider':
      return [section, ...labels, ...(body.alias === undefined ? [] : [text(body.alias)])].join('.');
    case 'moved':
    case 'removed':
      return `${section} ${text(body.from)}`;
    case 'import':
      return `${section} ${text(body.to)}`;
    default:
      return [section, ...labels].join('.');
  }
}

/**
 * Identifies the file of a stack's local state by its position in the checkout, because the checkout differs before and
 * after a change.
 */
export function fromCheckout(body: Json, checkout: string | undefined): Json {
  const { local } = body;
  const { path } = block(local);
  const own = typeof path === 'string' && checkout !== undefined ? relative(checkout, path) : '..';
  return own.startsWith('..') || !isJson(local) ? body : { ...body, local: { ...local, path: own } };
}

/** Identifies a remote state by its file's position relative to the stack's own state, if both are files. */
export function fromFolder(body: Json, own: string | undefined): Json {
  const { backend, config } = body;
  const { path } = block(config);
  const isBeside = backend === 'local' && own !== undefined && typeof path === 'string' && isAbsolute(path);
  return isBeside ? { ...body, config: { ...block(config), path: relative(dirname(own), path) } } : body;
}

const BUILT_IN = 'terraform.io/builtin/terraform';
const REGISTRIES = /^registry\.(?:terraform\.io|opentofu\.org)\//;

/** The providers of a stack, by its local names. */
export class Providers {
  private readonly sources: ReadonlyMap<string, string>;

  constructor(blocks: readonly Block[]) {
    const required = blocks
      .filter((each) => each.section === 'terraform')
      .flatMap(({ body }) => nestedBlocks(body.required_providers))
      .flatMap((each) => Object.entries(each));
    this.sources = new Map(
      required.flatMap(([name, requirement]): [string, string][] => {
        const { source } = block(requirement);
        return typeof source === 'string' ? [[name, source.replace(REGISTRIES, '').toLowerCase()]] : [];
      }),
    );
  }

  /** Undefined for the platform's provider if the stack doesn't say where it comes from, which the engine refuses. */
  source(name: string): string | undefined {
    return this.sources.get(name) ?? (name === 'cloudfoundry' ? undefined : `hashicorp/${name}`);
  }

  /** By the name that a resource gives, as in `cloudfoundry.east`, or by its type. */
  of({ labels: [type = ''], body }: Block): string | undefined {
    const { provider } = body;
    const given = typeof provider === 'string' ? /^(?:\$\{)?([\w-]+)/.exec(provider)?.[1] : undefined;
    const name = given ?? type.split('_')[0] ?? '';
    return name === 'terraform' ? BUILT_IN : this.source(name);
  }
}

type Conversion = (value: Value) => Value | undefined;

const collection =
  (of: (values: readonly Value[]) => Value | undefined): Conversion =>
  (value) =>
    Array.isArray(value) && value.every((each) => typeof each === 'string') ? of(value) : undefined;

/** Conversions of common types; with other types, a value may lose or gain parts. */
const CONVERSIONS: Readonly<Record<string, Conversion>> = {
  any: (value) => value,
  string: (value) =>
    typeof value === 'string' || typeof value === 'boolean' || isWhole(value) ? `${value}` : undefined,
  number: (value) => (typeof value === 'number' ? value : undefined),
  bool: (value) => (typeof value === 'boolean' ? value : undefined),
  'list(string)': collection((values) => values),
  'set(string)': collection((values) =>
    values.every((value) => isPlainText(value as string)) ? [...new Set(values)].sort() : undefined,
  ),
};

/** The default; values from outside aren't in the program. Undefined if it isn't known, or isn't certain to be used. */
export function variableValue({ default: value, sensitive, type = 'any' }: Json): Value | undefined {
  if (value === undefined || (sensitive !== undefined && sensitive !== false)) return undefined;
  const written = (value ?? null) as Value;
  if (written === null) return null;
  // The only place in JSON syntax where a string isn't a template.
  if (!isLiteral(written) || typeof type !== 'string' || !Object.hasOwn(CONVERSIONS, type)) return undefined;
  return CONVERSIONS[type]?.(written);
}

function isLiteral(value: Value): boolean {
  if (typeof value === 'string') return !/[$%]\{/.test(value);
  return typeof value !== 'object' || value === null || Object.entries(value).flat().every(isLiteral);
}

export function unsetVariable(token: () => string, { sensitive }: Json): Unresolved {
  const marked = sensitive !== undefined && sensitive !== false;
  return new Unresolved(token, marked ? 'it is marked sensitive' : 'it is a variable that gets its value outside');
}
