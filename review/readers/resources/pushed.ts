import { canonical, type Resource } from '../values';

/** Resources of `kreuzwerker/docker` that put an image under a name. */
const PUSHES: ReadonlySet<string> = new Set(['docker_image', 'docker_registry_image']);

/** What is pushed under names, each in one form; that of {@link ANY_NAME} may be any other image's too. */
export type Pushed = ReadonlyMap<string, string>;

/** Stands for a name that is known after apply only. */
const ANY_NAME = '';

/**
 * What the code says of the images that it builds and pushes, by their names: what is pushed under the same name again is
 * another program, of which the application's own image says nothing.
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

/** What is pushed under the name of an image; a digest says all by itself. */
export function contentOf(image: string, pushed: Pushed): string | undefined {
  const found = [pushed.get(written(image)), image.includes('@') ? undefined : pushed.get(ANY_NAME)];
  const contents = found.filter((content) => content !== undefined);
  return contents.length === 0 ? undefined : contents.join('\n');
}

const HUB = /^(?:(?:(?:index|registry-1)\.)?docker\.io\/)?(?:library\/)?/;

/**
 * With the tag that an engine takes where none is said, and without what it takes for granted: the port of HTTPS, and the
 * registry that it asks where the first part of a name is none.
 */
function written(image: string): string {
  const whole = /[:@][^/]*$/.test(image) ? image : `${image}:latest`;
  return whole
    .replace(/^[^/]*[.:][^/]*(?=\/)/, (registry) => registry.toLowerCase().replace(/:443$/, ''))
    .replace(HUB, '');
}
