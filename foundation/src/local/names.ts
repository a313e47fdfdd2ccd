/** Names of a foundation's resources in the container engine, derived from its own. */
export interface ResourceNames {
  readonly container: string;
  readonly volume: string;
  readonly overlay: string;
  readonly internet: string;
}

export const DEFAULT_NAME = 'local';

/** Stricter than Docker, since the name is also a label and a part of host names. */
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
