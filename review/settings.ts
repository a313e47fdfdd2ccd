/** A repository's settings for the review, from `egress-review.json` on its default branch. */
export interface Settings {
  /**
   * Providers that can neither reach Cloud Foundry nor run a program, in addition to those that the review knows:
   * `datadog/datadog`.
   */
  readonly harmlessProviders: readonly string[];
  /**
   * Image repositories from which a proxy may take new digests without approval, `ghcr.io/team/egress-proxy`: for the
   * weekly rebuild.
   */
  readonly imageRepositories: readonly string[];
}

export const DEFAULT_SETTINGS: Settings = { harmlessProviders: [], imageRepositories: [] };

/** The default path of the settings. */
export const SETTINGS_FILE = 'egress-review.json';

const NAMES = Object.keys(DEFAULT_SETTINGS) as (keyof Settings)[];

/**
 * Parses the content of `egress-review.json`.
 *
 * @throws if a name is misspelled or a value isn't a list of strings: ignoring a setting would be safe, but its author
 * would rely on it
 */
export function readSettings(json: unknown): Settings {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new Error(`the settings are not a JSON object: write {"harmlessProviders": ["datadog/datadog"]}`);
  }
  const misspelt = Object.keys(json).find((name) => !NAMES.includes(name as keyof Settings));
  if (misspelt !== undefined) throw new Error(`'${misspelt}' is not a setting: use ${NAMES.join(' and ')}`);
  return {
    ...DEFAULT_SETTINGS,
    ...Object.fromEntries(Object.entries(json).map(([name, value]) => [name, listed(name, value)])),
  };
}

function listed(name: string, value: unknown): readonly string[] {
  if (Array.isArray(value) && value.every((each) => typeof each === 'string' && each !== '')) return value as string[];
  throw new Error(`'${name}' is ${JSON.stringify(value)}, which is not a list of strings: write {"${name}": ["..."]}`);
}
