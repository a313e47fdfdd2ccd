/** Why something isn't planned with credentials. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

/** A name in a form that is safe to print: the author of the change chose it. */
export function named(text: string): string {
  return /^[\w.-]{1,80}$/.test(text) ? text : 'a name that is not plain';
}
