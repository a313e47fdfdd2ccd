import { canonical, type Resource } from '../values';

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
export function contentOf(image: string, pushed: Pushed): string | undefined {
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
