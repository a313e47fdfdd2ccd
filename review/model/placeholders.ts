import type { Variable } from './facts';
import type { Unknown } from './reach';
import { Unreadable } from './unreadable';

/** Stands for an unknown value; no configuration contains it. */
const MARK = '\uE000';
const ODD = 'it contains a private-use character';

/** Whether a text stays a single word of the line into which it is inserted and can't add lines of its own. */
export function isWord(text: string): boolean {
  return /^(?!["`#{}]|<<)[^\s\\]+$/u.test(text) && !text.includes('{$');
}

/** A text with variables, `{$NAME}` or `{$NAME:default}`, replaced by their values. */
export class Substituted {
  readonly text: string;
  private readonly hidden: Unknown[] = [];

  /** @param fixed variables that the platform sets, regardless of the environment */
  constructor(text: string, environment: ReadonlyMap<string, Variable>, fixed: ReadonlyMap<string, string>) {
    if (text.includes(MARK)) throw new Unreadable(ODD);
    this.text = text.replace(/\{\$([^}]+)\}/g, (_, expression: string) => {
      const [, name = '', fallback] = /^([^:]*)(?::([\s\S]*))?$/.exec(expression) ?? [];
      const value = fixed.get(name) ?? environment.get(name) ?? fallback ?? unset(name);
      if (typeof value === 'string') {
        if (value.includes(MARK)) throw new Unreadable(ODD);
        return value;
      }
      return `${MARK}${this.hidden.push(value) - 1}${MARK}`;
    });
  }

  /** Unknown values that may be more than one word, so that nothing in the text is certain. */
  get lines(): Unknown[] {
    return this.hidden.filter(({ word }) => word !== true);
  }

  /** The unknown values in a part of the text. */
  unknownIn(part: string): Unknown[] {
    return [...part.matchAll(new RegExp(`${MARK}([0-9]+)${MARK}`, 'g'))].flatMap(
      ([, index]) => this.hidden[Number(index)] ?? [],
    );
  }

  /** A form of a part that is equal whenever its unknown values are. */
  tokenOf(part: string): string {
    const tokens = this.unknownIn(part).map(({ token }) => token);
    return [part.replace(new RegExp(`${MARK}[0-9]+${MARK}`, 'g'), MARK), ...tokens].join('\n');
  }
}

function unset(name: string): Unknown {
  return { token: `variable ${name}`, because: `its environment has no ${name}, which a script may set`, word: true };
}
