/** What a foundation's things are called in the container engine: all of it follows from its name. */
export interface ResourceNames {
  readonly container: string;
  readonly volume: string;
  readonly overlay: string;
  readonly internet: string;
}

export const DEFAULT_NAME = 'local';

/** Docker would take more; this is also a label, a part of host names, and readable in a list. */
const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const LONGEST = 30;

export function requireName(name: string): string {
  if (!NAME.test(name) || name.length > LONGEST) {
    throw new Error(
      `not a name for a foundation: ${JSON.stringify(name)}; use at most ${LONGEST} lower-case letters, digits and ` +
        'single hyphens, beginning with a letter',
    );
  }
  return name;
}

export function resourceNames(name: string): ResourceNames {
  const base = `space-egress-${requireName(name)}`;
  return { container: base, volume: base, overlay: `${base}-overlay`, internet: `${base}-internet` };
}
