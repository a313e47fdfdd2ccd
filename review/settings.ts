/** What a repository tells the review, in `egress-review.json` of its default branch. */
export interface Settings {
  /** Providers that can't reach Cloud Foundry or run a program, beside those that the review knows: `datadog/datadog`. */
  readonly harmlessProviders: readonly string[];
  /** Repositories whose new digests a proxy may take as they come, `ghcr.io/team/egress-proxy`: the weekly rebuild. */
  readonly imageRepositories: readonly string[];
}

export const DEFAULT_SETTINGS: Settings = { harmlessProviders: [], imageRepositories: [] };

/** Where the settings are, unless an option says otherwise. */
export const SETTINGS_FILE = 'egress-review.json';

const NAMES = Object.keys(DEFAULT_SETTINGS) as (keyof Settings)[];

/**
 * Reads what `egress-review.json` holds.
 *
 * @throws if a name is misspelt or a value is no list of texts: a setting that is not read would open nothing, and yet
 * whoever wrote it believes in it
 */
export function readSettings(json: unknown): Settings {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new Error(`the settings are not an object: write {"harmlessProviders": ["datadog/datadog"]}`);
  }
  const misspelt = Object.keys(json).find((name) => !NAMES.includes(name as keyof Settings));
  if (misspelt !== undefined) throw new Error(`'${misspelt}' is not a setting: there are ${NAMES.join(' and ')}`);
  return {
    ...DEFAULT_SETTINGS,
    ...Object.fromEntries(Object.entries(json).map(([name, value]) => [name, listed(name, value)])),
  };
}

function listed(name: string, value: unknown): readonly string[] {
  if (Array.isArray(value) && value.every((each) => typeof each === 'string' && each !== '')) return value as string[];
  throw new Error(`'${name}' is ${JSON.stringify(value)} and not a list of strings: write {"${name}": ["..."]}`);
}
