/**
 * A reference or an address in steps: `module.app["web"].cloudfoundry_app.this[0].id` is `module`, `app`, `["web"]`,
 * `cloudfoundry_app`, `this`, `[0]`, `id`.
 */
export type Steps = readonly string[];

/** A key in brackets, which a text in quotes may contain too. */
export const KEY = /\[(?:"(?:[^"\\]|\\.)*"|[^\]"]*)\]/;

const STEP = new RegExp(`${KEY.source}|[^.[\\]]+`, 'g');

export function stepsOf(text: string): Steps {
  return text.match(STEP) ?? [];
}

export function isKey(step: string | undefined): boolean {
  return step?.startsWith('[') === true;
}

export function withoutKeys(steps: Steps): Steps {
  return steps.filter((step) => !isKey(step));
}

/** The same for a text, as most addresses have none. */
export function withoutKeysIn(address: string): string {
  return address.includes('[') ? written(withoutKeys(stepsOf(address))) : address;
}

export function withoutLastKey(address: string): string {
  if (!address.endsWith(']')) return address;
  const steps = stepsOf(address);
  return written(isKey(steps.at(-1)) ? steps.slice(0, -1) : steps);
}

export function written(steps: Steps): string {
  return steps.map((step, index) => (index === 0 || isKey(step) ? step : `.${step}`)).join('');
}

/** Whether a pattern matches an address; a key that the pattern leaves out stands for every instance. */
export function means(pattern: Steps, address: Steps): boolean {
  let next = 0;
  for (const step of address) {
    if (step === pattern[next]) next += 1;
    else if (!isKey(step) || isKey(pattern[next])) return false;
  }
  return next === pattern.length;
}

/** Splits an address into the module's instance and the resource with its key. */
export function splitAddress(address: Steps): { readonly module: Steps; readonly resource: Steps } {
  let end = 0;
  while (address[end] === 'module') end += isKey(address[end + 2]) ? 3 : 2;
  return { module: address.slice(0, end), resource: address.slice(end) };
}

/** Splits a reference into the resource, with its key, and the attribute. */
export function splitReference(reference: Steps): { readonly resource: Steps; readonly attribute: Steps } {
  const length = reference[0] === 'data' ? 3 : 2;
  const end = isKey(reference[length]) ? length + 1 : length;
  return { resource: reference.slice(0, end), attribute: reference.slice(end) };
}

/**
 * The references in an expression. The engine lists each reference followed by its prefixes, down to the thing that it
 * names, and without instance keys.
 *
 * @see https://developer.hashicorp.com/terraform/internals/json-format#expression-representation
 */
export function referencesIn(list: readonly string[]): Steps[] {
  const found: Steps[] = [];
  for (let index = 0; index < list.length; index += 1) {
    const steps = stepsOf(list[index] ?? '');
    found.push(steps);
    for (let length = steps.length - 1; length >= shortest(steps); length -= 1) {
      if (list[index + 1] !== written(steps.slice(0, length))) break;
      index += 1;
    }
  }
  return found;
}

/** The length of a reference's last prefix in the engine's list. */
function shortest(steps: Steps): number {
  if (steps[0] === 'module') return isKey(steps[2]) && steps.length > 3 ? 3 : 2;
  return steps[0] === 'data' ? 3 : 2;
}
