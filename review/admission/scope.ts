import { partsOf, type Expression, type Reference } from './expression';
import { levelOfCall } from './functions';
import type { Json } from '../readers/json';
import { eachObject, member } from './json';
import { readExpression } from './json-expression';
import { asLevel, type Level } from './level';
import { named, Refusal } from './refusal';
import { LOOKUPS, RESOURCES } from './types';

/** Tells how secret an expression is, from the variables and resources that it leads to. */
export class Scope {
  /** By reference. One that leads to itself never gets further than this. */
  private readonly levels = new Map<string, Level>();

  constructor(private readonly stack: Json) {}

  /** @throws {Refusal} when it calls or names something that no change may */
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
      // What makes several of a block is public itself.
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
    throw new Refusal(`${text} is not referred to here`);
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
    // Of several, one by its key. What has been merged may make several of a secret.
    const several = member(body, 'for_each');
    const [name = '', ...more] = several === undefined ? path : path.slice(1);
    if (this.levelOfValue(several) !== 'public')
      throw new Refusal(`${[type, id].map(named).join('.')} is made of a secret`);
    const isOutput = type === 'terraform_data' && name === 'output';
    if (known?.exports.includes(name) !== true || (more.length > 0 && !isOutput))
      throw new Refusal(`${[type, id, ...path].map(named).join('.')} is not referred to here`);
    if (isOutput) {
      // What is ignored comes from the state, where a move may have brought it from another resource.
      const isKept = eachObject(member(body, 'lifecycle')).some((lifecycle) => 'ignore_changes' in lifecycle);
      return asLevel([isKept ? 'unmarked' : 'public', afterKeeping(this.levelOfValue(member(body, 'input')))]);
    }
    const level = asLevel([name, 'name'].map((argument) => this.levelOfValue(member(body, argument))));
    return level === 'public' ? level : 'clear';
  }

  /** Of what has been merged, which may say things that a change may not. */
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

/** `terraform_data` gives back what went in without its mark. */
function afterKeeping(level: Level): Level {
  if (level === 'public') return level;
  return level === 'hash' ? 'unmarked' : 'clear';
}
