import type { Program } from '../../model/facts';
import { canonical, isObject, listOf, SET_LATER, Unresolved, type Value, type Resource } from '../values';

type Values = Readonly<Record<string, Value>>;

/** What an application of the provider runs. If there is an image, files and buildpacks don't matter. */
export function programOf(values: Values, services: readonly Values[] = [], pushed: Pushed = new Map()): Program {
  const { docker_image: image = null, command, processes, sidecars } = values;
  const parts = [
    ...part('command', command),
    ...each(processes, 'processes', ({ type, command: own }) => [
      [`command of process ${named(type)}`, canonical([own ?? null, ...unnamed(type)])],
    ]),
    ...each(sidecars, 'sidecars', ({ name, command: own, process_types: types }) =>
      part(`sidecar ${named(name)}`, [own ?? null, sorted(types), ...unnamed(name)]),
    ),
    ...each(values.service_bindings, 'service bindings', ({ service_instance: service, params }) =>
      part(`binding of service ${named(service)}`, [params ?? null, ...unnamed(service)]),
    ),
    // A service's credentials matter as much as environment variables.
    ...services.flatMap(({ name, credentials = null, parameters = null, params = null }) =>
      part(`content of service ${named(name)}`, [
        ...[credentials, parameters],
        ...(params === null ? [] : [params]),
        ...unnamed(name),
      ]),
    ),
  ];
  if (image instanceof Unresolved) {
    return { image: { token: image.token, because: image.because }, parts: together(parts) };
  }
  if (typeof image === 'string') {
    const content = contentOf(image, pushed);
    return { image, parts: together(parts), ...(content !== undefined && { content }) };
  }
  const { buildpacks, stack, path, source_code_hash: hash } = values;
  // Each update uploads what is at the path, and without a hash nothing is known about it.
  const content = path === undefined || path === null ? null : canonical(values);
  const files = part('package', hash === undefined && path === undefined ? null : [path ?? null, hash ?? content]);
  return { parts: together([...parts, ...part('list of buildpacks', buildpacks), ...part('stack', stack), ...files]) };
}

/** A process without a command runs what the image or package says. Every application has one of this type. */
const EVERYBODYS = `command of process web`;
const UNSAID = JSON.stringify([canonical([null])]);

/** Keeps all parts that have the same name, whichever the platform would use. */
function together(parts: readonly (readonly [name: string, content: string])[]): Map<string, string> {
  const contents = new Map<string, Set<string>>();
  for (const [name, content] of parts) contents.set(name, (contents.get(name) ?? new Set()).add(content));
  return new Map(
    [...contents]
      .map(([name, all]): [string, string] => [name, JSON.stringify([...all].sort())])
      .filter(([name, content]) => !(name === EVERYBODYS && content === UNSAID)),
  );
}

function part(name: string, value: Value | undefined): [string, string][] {
  return value === undefined || value === null ? [] : [[name, canonical(value)]];
}

/** A set that can't be read is a single part, whatever it contains. */
function each(set: Value | undefined, name: string, read: (one: Values) => [string, string][]): [string, string][] {
  // The platform adds nothing if the code omits it.
  if (set instanceof Unresolved && set.because === SET_LATER) return [];
  if (set instanceof Unresolved) return part(`list of ${name}`, set);
  const hidden = listOf(set).filter((one) => one instanceof Unresolved);
  return [...listOf(set).filter(isObject).flatMap(read), ...(hidden.length > 0 ? part(`list of ${name}`, hidden) : [])];
}

/** What stands for a name that is not known may have a hash of a secret in it, and so is content and not shown. */
function named(value: Value = null): string {
  if (typeof value === 'string') return value;
  return value instanceof Unresolved ? `of an unknown name (${value.because})` : canonical(value);
}

function unnamed(value: Value | undefined): Value[] {
  return value instanceof Unresolved ? [value] : [];
}

function sorted(set: Value | undefined): Value {
  return Array.isArray(set) ? set.map(canonical).sort() : (set ?? null);
}

/** Resources of `kreuzwerker/docker` that publish an image under a name. */
const PUSHES: ReadonlySet<string> = new Set(['docker_image', 'docker_registry_image']);

/** What is pushed, by image name, in a normalized form; an entry for {@link ANY_NAME} may be any image. */
export type Pushed = ReadonlyMap<string, string>;

/** Stands for a name that is known only after the apply. */
const ANY_NAME = '';

/**
 * The images that the code builds and pushes, by name. If something else is pushed under the same name, the program
 * changes although the application's image doesn't.
 */
export function pushedOf(resources: readonly Resource[]): Pushed {
  const pushed = new Map<string, string>();
  for (const { type, managed, values } of resources) {
    if (!managed || !PUSHES.has(type)) continue;
    const name = typeof values.name === 'string' ? written(values.name) : ANY_NAME;
    pushed.set(name, [pushed.get(name) ?? '', type, canonical(values)].join('\n'));
  }
  return pushed;
}

/** What is pushed under an image's name; a digest identifies the image by itself. */
function contentOf(image: string, pushed: Pushed): string | undefined {
  const found = [pushed.get(written(image)), image.includes('@') ? undefined : pushed.get(ANY_NAME)];
  const contents = found.filter((content) => content !== undefined);
  return contents.length === 0 ? undefined : contents.join('\n');
}

const HUB = /^(?:(?:(?:index|registry-1)\.)?docker\.io\/)?(?:library\/)?/;

/**
 * Adds the default tag and drops what engines assume anyway: the HTTPS port, and the default registry if the first part
 * of the name isn't one.
 */
function written(image: string): string {
  const whole = /[:@][^/]*$/.test(image) ? image : `${image}:latest`;
  return whole
    .replace(/^[^/]*[.:][^/]*(?=\/)/, (registry) => registry.toLowerCase().replace(/:443$/, ''))
    .replace(HUB, '');
}
