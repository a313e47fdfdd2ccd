/** `git::`, `s3::` */
const GETTERS = String.raw`(?:[a-z0-9]+::)*`;
const ELSEWHERE: readonly RegExp[] = [
  // A registry's module: [HOST/]NAMESPACE/NAME/PROVIDER
  /^(?:\w[\w-]*(?:\.[\w-]+)+(?::\d+)?\/)?\w[\w-]*\/\w[\w-]*\/\w[\w-]*(?:\/\/.*)?$/,
  // A host with a scheme, without one, and with a user, as for SSH
  new RegExp(String.raw`^${GETTERS}(?!file:)[a-z][a-z0-9+.-]*:\/\/[^/]`, 'i'),
  new RegExp(String.raw`^${GETTERS}[\w-]+(?:\.[\w-]+)*\.[a-z]+\/`, 'i'),
  new RegExp(String.raw`^${GETTERS}[\w-]+@[\w.-]+:`, 'i'),
];

/**
 * Whether a module certainly comes from another machine or a registry. Anything else may be a folder here: a path, a
 * URL of a file, or a text that only the engine can compute.
 *
 * @see https://developer.hashicorp.com/terraform/language/modules/sources
 */
export function isElsewhere(source: unknown): boolean {
  return typeof source === 'string' && ELSEWHERE.some((pattern) => pattern.test(source));
}
