/** Why something is not planned with credentials. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

/** A name as a message may repeat it: what the change is made of was written by whoever wants it planned. */
export function named(text: string): string {
  return /^[\w.-]{1,80}$/.test(text) ? text : 'a name that is not plain';
}
