import type { Level } from './scope';

/** What the admission knows about a type of block. Types that aren't listed aren't planned with credentials. */
export interface BlockType {
  readonly matches: RegExp;
  /** Attributes that others may refer to. */
  readonly exports: readonly string[];
  /** Arguments that are blocks rather than attributes, with their nested blocks. */
  readonly blocks?: Blocks;
  /** The highest allowed level of an argument that may not be public, by its path. */
  readonly most?: readonly (readonly [path: RegExp, most: Level])[];
  /**
   * Whether they take secrets only within `jsonencode()`: if the text isn't JSON, the provider's error message repeats
   * it.
   */
  readonly encoded?: boolean;
  /**
   * What `ignore_changes` may list: the plan then contains the old value, without the mark that the new one would have.
   */
  readonly ignorable?: readonly string[];
}

export interface Blocks {
  readonly [name: string]: Blocks;
}

/** Resources. They can't leak anything out of the platform: their values are sent only to it, and only by an apply. */
export const RESOURCES: readonly BlockType[] = [
  {
    matches: /^cloudfoundry_app$/,
    exports: ['id', 'name'],
    most: [
      // The hashes of the clients' passwords, which the engine stores without a mark.
      [/^environment\.EGRESS_CREDENTIALS(?:_\d+)?$/, 'unmarked'],
      [/^source_code_hash$/, 'unmarked'],
      [/^environment(?:\.|$)/, 'secret'],
      [/^docker_credentials\.(?:username|password)$/, 'secret'],
    ],
  },
  {
    matches: /^cloudfoundry_service_instance$/,
    exports: ['id', 'name'],
    most: [[/^(?:credentials|parameters)$/, 'secret']],
    encoded: true,
  },
  {
    matches: /^cloudfoundry_service_credential_binding$/,
    exports: ['id', 'name'],
    most: [[/^parameters$/, 'secret']],
    encoded: true,
  },
  { matches: /^cloudfoundry_[a-z_]+$/, exports: ['id', 'name'] },
  {
    matches: /^terraform_data$/,
    exports: ['id', 'output'],
    most: [
      [/^input(?:\.|$)/, 'hash'],
      [/^triggers_replace(?:\.|$)/, 'secret'],
    ],
    ignorable: ['input'],
  },
  {
    matches: /^docker_image$/,
    exports: ['id', 'image_id', 'name', 'repo_digest'],
    blocks: { build: { auth_config: {}, secrets: {}, ulimit: {} } },
  },
  { matches: /^docker_registry_image$/, exports: ['id', 'name', 'sha256_digest'], blocks: { auth_config: {} } },
];

/** Lookups that return only names and ids; others, such as those of applications, also return secrets. */
export const LOOKUPS: readonly BlockType[] = [
  {
    matches: /^cloudfoundry_(?:org|space|domain|security_group|service_plan|stack)$/,
    exports: ['id', 'name', 'internal'],
  },
];
