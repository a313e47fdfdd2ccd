/** What tells the content of a file in the folder of a stack, relative to it; undefined for one that is not there. */
export type Files = (path: string) => string | undefined;

/** Stands for what a file says that the review was not given. */
export const NOT_HANDED_ON = 'a file that the review was not given';

const CALL = /\b(?:file\w*|templatefile)\s*\(\s*(?:"((?:[^"\\$%]|\$\{path\.(?:module|root)\})*)"\s*[,)])?/g;
const HERE = /^(?:\$\{path\.(?:module|root)\}\/)?(?:\.\/)*/;
/** cdktf copies what a program uses into a folder that it names by the content. */
const BY_CONTENT = /(?:^|\/)assets\/[^/]+\/[0-9A-Fa-f]{32,}(?:\/|$)/;

/** The paths of the files that a text reads; undefined for one that isn't written out. */
export function filesIn(text: string): (string | undefined)[] {
  return [...text.matchAll(CALL)].map(([, path]) => path?.replace(HERE, ''));
}

/** Whether the path says what is there, so that other content has another path. */
export function isNamedByContent(path: string): boolean {
  return BY_CONTENT.test(path) && !path.includes('..');
}
