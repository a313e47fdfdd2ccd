import { partsOf, type Expression, type Reference, readExpression, named, Refusal } from './expression';
import { asLevel, type Level, levelOfCall } from './functions';
import { type Json, eachObject, member } from '../readers/json';

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

/** Determines how secret an expression is from the variables and resources that it refers to. */
export class Scope {
  /** Levels by reference. A circular reference keeps its initial level. */
  private readonly levels = new Map<string, Level>();

  constructor(private readonly stack: Json) {}

  /** @throws {Refusal} if it calls or refers to something that a change may not */
  levelOf(expression: Expression): Level {
    const levels = partsOf(expression).map((part) => this.levelOf(part));
    if (expression.kind === 'call') return levelOfCall(expression.name, expression.args, levels);
    return expression.kind === 'reference' ? this.known(expression) : asLevel(levels);
  }

  private known(reference: Reference): Level {
    const key = JSON.stringify(reference.steps);
    const known = this.levels.get(key);
    if (known !== undefined) return known;
    this.levels.set(key, 'clear');
    const level = this.levelOfReference(reference);
    this.levels.set(key, level);
    return level;
  }

  private levelOfReference({ steps }: Reference): Level {
    const [root = '', name = '', ...more] = steps;
    const text = steps.map(named).join('.');
    switch (root) {
      // The values of for_each are required to be public.
      case 'each':
        if (name === 'key' || name === 'value') return 'public';
        break;
      case 'count':
        if (name === 'index' && more.length === 0) return 'public';
        break;
      case 'var':
        return this.levelOfVariable(name);
      case 'local':
        return this.levelOfValue(this.declared('locals', [name]));
      case 'data':
        return this.levelOfBlock(LOOKUPS, 'data', steps.slice(1));
      default:
        return this.levelOfBlock(RESOURCES, 'resource', steps);
    }
    throw new Refusal(`${text} may not be referred to here`);
  }

  private levelOfVariable(name: string): Level {
    const body = this.declared('variable', [name]);
    const isPublic = (mark: string): boolean => [undefined, false].includes(member(body, mark) as boolean | undefined);
    return isPublic('sensitive') && isPublic('ephemeral') ? 'public' : 'secret';
  }

  private levelOfBlock(
    types: typeof RESOURCES,
    section: string,
    [type = '', id = '', ...path]: readonly string[],
  ): Level {
    const known = types.find(({ matches }) => matches.test(type));
    const body = this.declared(section, [type, id]);
    // With for_each, the first step is a key. A merged block may use a secret there.
    const several = member(body, 'for_each');
    const [name = '', ...more] = several === undefined ? path : path.slice(1);
    if (this.levelOfValue(several) !== 'public')
      throw new Refusal(`${[type, id].map(named).join('.')} is made of a secret`);
    const isOutput = type === 'terraform_data' && name === 'output';
    if (known?.exports.includes(name) !== true || (more.length > 0 && !isOutput))
      throw new Refusal(`${[type, id, ...path].map(named).join('.')} may not be referred to here`);
    if (isOutput) {
      // An ignored attribute keeps its value from the state, which a move may have brought from another resource.
      const isKept = eachObject(member(body, 'lifecycle')).some((lifecycle) => 'ignore_changes' in lifecycle);
      return asLevel([isKept ? 'unmarked' : 'public', afterKeeping(this.levelOfValue(member(body, 'input')))]);
    }
    const level = asLevel([name, 'name'].map((argument) => this.levelOfValue(member(body, argument))));
    return level === 'public' ? level : 'clear';
  }

  /** The level of a merged value, which may use what a change may not. */
  private levelOfValue(value: unknown): Level {
    if (value === undefined) return 'public';
    try {
      return this.levelOf(readExpression(value));
    } catch (error) {
      if (error instanceof Refusal) return 'clear';
      throw error;
    }
  }

  private declared(section: string, names: readonly string[]): unknown {
    const found = names.reduce<readonly unknown[]>(
      (places, name) =>
        places.flatMap((place) =>
          eachObject(place).flatMap((body) => {
            const value = member(body, name);
            return value === undefined ? [] : [value];
          }),
        ),
      [member(this.stack, section)],
    );
    const [value, ...more] = found;
    if (value === undefined || more.length > 0)
      throw new Refusal(`${[section, ...names].map(named).join('.')} is not declared`);
    return section === 'locals' ? value : (eachObject(value)[0] ?? {});
  }
}

/** `terraform_data` returns its input without the mark. */
function afterKeeping(level: Level): Level {
  if (level === 'public') return level;
  return level === 'hash' ? 'unmarked' : 'clear';
}
