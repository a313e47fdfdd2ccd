import { isDeepStrictEqual } from 'node:util';
import type { SynthesizedStack } from '../readers/tree';

/**
 * What may be planned with credentials. To plan a configuration is to run it: a data source may be a program or a request
 * to anywhere, an expression may read files, and the provider's block says where the password goes. So a change is planned
 * only as far as it is made of what has been merged already, and of new blocks in a small language: resources and look-ups
 * of the Cloud Foundry provider, without a way to read more than names and ids or to take a mark of secrecy off.
 *
 * @param change synthesized by code that nobody has reviewed yet
 * @param merged synthesized by the code of the default branch
 * @returns why it may not be planned, one reason a line; none where it may
 */
export function refusals(change: readonly SynthesizedStack[], merged: readonly SynthesizedStack[]): string[] {
  return change.flatMap(({ name, json }) => {
    const old = merged.find((stack) => stack.name === name);
    if (old === undefined) return [`${name}: the stack is new`];
    return sectionRefusals(withoutComments(json), withoutComments(old.json)).map((reason) => `${name}: ${reason}`);
  });
}

/**
 * A stack without the comments of the program: those of the file and of each resource, which the engine ignores. The same key
 * is a value like any other within an expression, so that it is looked at everywhere else.
 */
export function withoutComments(json: unknown): unknown {
  const file = bodyOf(json);
  const uncommented = (types: unknown): unknown =>
    mapBlock(types, (instances) => mapBlock(instances, (body) => bodyOf(body)));
  return mapBlock(file, (section, name) => (name === 'resource' || name === 'data' ? uncommented(section) : section));
}

function bodyOf(value: unknown): unknown {
  if (!isBlock(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== '//'));
}

function mapBlock(value: unknown, map: (inner: unknown, name: string) => unknown): unknown {
  if (!isBlock(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, map(inner, name)]));
}

type Block = Readonly<Record<string, unknown>>;

/** How far a section may differ from the merged one; others may not be there at all. */
const SECTIONS = new Map<string, (name: string, change: unknown, merged: unknown) => string[]>([
  ['moved', () => []],
  ...['terraform', 'provider', 'variable', 'locals', 'import', 'module'].map((name) => [name, sameOrRefused] as const),
  ['resource', blockRefusals],
  ['data', blockRefusals],
  ['output', (name, change) => expressionRefusals(change, name, REFERENCES)],
]);

function sectionRefusals(change: unknown, merged: unknown): string[] {
  if (!isBlock(change)) return ['it is no object'];
  const old = isBlock(merged) ? merged : {};
  const names = [...new Set([...Object.keys(change), ...Object.keys(old)])];
  return names.flatMap((name) => {
    const differ = SECTIONS.get(name);
    return differ?.(name, member(change, name), member(old, name)) ?? [`'${name}' is nothing that is planned here`];
  });
}

function sameOrRefused(name: string, change: unknown, merged: unknown): string[] {
  return isDeepStrictEqual(change, merged) ? [] : [`'${name}' is changed`];
}

/** Look-ups that answer with names and ids; others, as of an application, answer with secrets too. */
const LOOKUPS = /^cloudfoundry_(?:org|space|domain|security_group|service_plan|stack)$/;
const MANAGED = /^(?:cloudfoundry_[a-z_]+|docker_image|docker_registry_image|terraform_data)$/;
const RUNS = ['provisioner', 'connection'];

function blockRefusals(section: string, types: unknown = {}, merged: unknown): string[] {
  if (!isBlock(types)) return [`'${section}' is no object`];
  return Object.entries(types).flatMap(([type, instances]) => {
    if (!isBlock(instances)) return [`${section} ${type} is no object`];
    return Object.entries(instances).flatMap(([id, body]) => {
      const address = section === 'data' ? `data.${type}.${id}` : `${type}.${id}`;
      const old = member(member(merged, type), id);
      if (isDeepStrictEqual(body, old)) return [];
      if (!isBlock(body)) return [`${address} is no object`];
      if (!(section === 'data' ? LOOKUPS : MANAGED).test(type)) return [`${address} is new or changed, of such a type`];
      const run = RUNS.filter((name) => name in body).map((name) => `${address} has a ${name}`);
      const allowed = type.startsWith('docker_') ? IMAGES : section === 'data' ? LOOKED_UP : REFERENCES;
      return [...run, ...expressionRefusals(body, address, allowed)];
    });
  });
}

const REFERENCES =
  /^(?:var\.\w+|each\.(?:key|value)|count\.index|(?:data\.)?\w+\.[\w-]+\.(?:id|name|internal|sha256_digest)|terraform_data\.[\w-]+\.output(?:\.\w+)*)$/;
/** A look-up sends its arguments away, and an error repeats them: nothing goes in that may hold a secret. */
const LOOKED_UP = /^(?:each\.(?:key|value)|count\.index|(?:data\.)?\w+\.[\w-]+\.id|data\.\w+\.[\w-]+\.name)$/;
/** An image's name is asked for at a registry, anywhere: nothing but another image may go into it. */
const IMAGES = /^docker_\w+\.[\w-]+\.\w+$/;

/** None of them reads a file, asks somebody, or takes off the mark of secrecy. */
const FUNCTIONS = new Set(
  `base64encode bcrypt coalesce compact concat contains distinct element flatten format join jsonencode keys length lookup
   lower max merge min range replace reverse sha256 sort split substr title tolist tomap tonumber toset tostring trim
   trimprefix trimspace trimsuffix upper values`.split(/\s+/),
);

/** Ways to say what the references and calls below would not show, and letters that are not ASCII. */
const BEYOND = /[\w\])]\s*\[|\*\s*[.\]]|::|<<|#|\/[/*]|[^\t\n\r -~]/;

/** Of all texts of a value, also of those that are names. */
function expressionRefusals(value: unknown, place: string, allowed: RegExp): string[] {
  if (typeof value === 'string') return templateRefusals(value, allowed).map((reason) => `${place}: ${reason}`);
  if (Array.isArray(value)) return value.flatMap((each) => expressionRefusals(each, place, allowed));
  if (!isBlock(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    ...expressionRefusals(key, place, allowed),
    ...expressionRefusals(inner, place, allowed),
  ]);
}

function templateRefusals(text: string, allowed: RegExp): string[] {
  if (text.includes('%{')) return ['a template with a directive'];
  const { expressions, open } = expressionsOf(text);
  if (open) return ['a template within a template'];
  return expressions.flatMap((expression) => {
    const bare = expression.replace(/"(?:[^"\\]|\\.)*"/g, '""');
    if (BEYOND.test(bare)) return ['an index, a splat, a comment or a function of a provider'];
    const called = [...bare.matchAll(/([A-Za-z_]\w*)\s*\(/g)].map(([, name = '']) => name);
    const references = bare.match(/[A-Za-z_][\w-]*(?:\s*\.\s*[\w-]+)+/g) ?? [];
    return [
      ...called.filter((name) => !FUNCTIONS.has(name)).map((name) => `${name}() is not called here`),
      ...references.filter((one) => !allowed.test(one)).map((one) => `${one} is not referred to here`),
    ];
  });
}

/** What stands between `${` and its `}`. `$${` counts as well, although it is only text: what is refused is not planned. */
function expressionsOf(text: string): { expressions: string[]; open: boolean } {
  const expressions: string[] = [];
  let start = text.indexOf('${');
  while (start >= 0) {
    const end = endOf(text, start + 2);
    if (end === undefined) return { expressions, open: true };
    expressions.push(text.slice(start + 2, end));
    start = text.indexOf('${', end);
  }
  return { expressions, open: false };
}

/** The brace that closes an expression; undefined if none does, or if a text inside is a template itself. */
function endOf(text: string, from: number): number | undefined {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '"') {
      const [quoted] = /^"(?:[^"\\]|\\.)*"/.exec(text.slice(at)) ?? [];
      if (quoted === undefined || /[$%]\{/.test(quoted)) return undefined;
      at += quoted.length - 1;
    } else if (text[at] === '{') depth += 1;
    else if (text[at] === '}') {
      if (depth === 0) return at;
      depth -= 1;
    }
  }
  return undefined;
}

function member(value: unknown, name: string): unknown {
  return isBlock(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function isBlock(value: unknown): value is Block {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
