import type { Level } from './level';

/** What the admission knows of a kind of block; a kind that is not here is not planned with credentials. */
export interface BlockType {
  readonly matches: RegExp;
  /** What others may refer to. */
  readonly exports: readonly string[];
  /** Arguments that are blocks and not attributes, with the blocks inside them. */
  readonly blocks?: Blocks;
  /** How secret an argument may be where it is not public, by its path. */
  readonly most?: readonly (readonly [path: RegExp, most: Level])[];
  /** Whether they take a secret within `jsonencode()` only: for what is no JSON the provider's error repeats it. */
  readonly encoded?: boolean;
  /** What `ignore_changes` may name: the plan has the old value then, without the mark that the new one would give it. */
  readonly ignorable?: readonly string[];
}

export interface Blocks {
  readonly [name: string]: Blocks;
}

/** Resources. No other way leads out of the platform: what they hold is sent to it alone, and only by an apply. */
export const RESOURCES: readonly BlockType[] = [
  {
    matches: /^cloudfoundry_app$/,
    exports: ['id', 'name'],
    most: [
      // The hashes of the clients' passwords, which the engine keeps without a mark.
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

/** Look-ups that answer with names and ids; others, as of an application, answer with secrets too. */
export const LOOKUPS: readonly BlockType[] = [
  {
    matches: /^cloudfoundry_(?:org|space|domain|security_group|service_plan|stack)$/,
    exports: ['id', 'name', 'internal'],
  },
];
