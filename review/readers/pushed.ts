import { canonical, type Resource } from './values';

/** Resources of `kreuzwerker/docker` that put an image under a name. */
const PUSHES: ReadonlySet<string> = new Set(['docker_image', 'docker_registry_image']);

/**
 * What the code says of the images that it builds and pushes, by their names: what is pushed under the same name again is
 * another program, of which the application's own image says nothing.
 */
export function pushedOf(resources: readonly Resource[]): ReadonlyMap<string, string> {
  const pushed = new Map<string, string>();
  for (const { type, managed, values } of resources) {
    if (!managed || !PUSHES.has(type) || typeof values.name !== 'string') continue;
    const name = tagged(values.name);
    pushed.set(name, [pushed.get(name) ?? '', type, canonical(values)].join('\n'));
  }
  return pushed;
}

/** With the tag that an engine takes where none is said; a digest says all by itself. */
export function tagged(image: string): string {
  return /[:@][^/]*$/.test(image) ? image : `${image}:latest`;
}
