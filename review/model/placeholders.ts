import type { Variable } from './facts';
import type { Unknown } from './reach';

/** Stands for a value that is not known; no text of a configuration has it. */
const MARK = '\uE000';
const ODD = 'it has a character of the private use area';

/** Whether a text stays one word of the line that it is put into, and can't go on with lines of its own. */
export function isWord(text: string): boolean {
  return /^(?!["`#{}]|<<)[^\s\\]+$/u.test(text) && !text.includes('{$');
}

/** A text in which variables stand, `{$NAME}` or `{$NAME:default}`, with their values in their places. */
export class Substituted {
  readonly text: string;
  private readonly hidden: Unknown[] = [];

  /** @param fixed variables that the platform sets, whatever the environment says */
  constructor(text: string, environment: ReadonlyMap<string, Variable>, fixed: ReadonlyMap<string, string>) {
    if (text.includes(MARK)) throw new Error(ODD);
    this.text = text.replace(/\{\$([^}]+)\}/g, (_, expression: string) => {
      const [, name = '', fallback] = /^([^:]*)(?::([\s\S]*))?$/.exec(expression) ?? [];
      const value = fixed.get(name) ?? environment.get(name) ?? fallback ?? unset(name);
      if (typeof value === 'string') {
        if (value.includes(MARK)) throw new Error(ODD);
        return value;
      }
      return `${MARK}${this.hidden.push(value) - 1}${MARK}`;
    });
  }

  /** What is not known and may be more than a word, so that nothing of the text is certain. */
  get lines(): Unknown[] {
    return this.hidden.filter(({ word }) => word !== true);
  }

  /** What is not known of a part of the text. */
  unknownIn(part: string): Unknown[] {
    return [...part.matchAll(new RegExp(`${MARK}([0-9]+)${MARK}`, 'g'))].flatMap(
      ([, index]) => this.hidden[Number(index)] ?? [],
    );
  }

  /** A part of the text that is the same whenever what is not known is the same. */
  tokenOf(part: string): string {
    const tokens = this.unknownIn(part).map(({ token }) => token);
    return [part.replace(new RegExp(`${MARK}[0-9]+${MARK}`, 'g'), MARK), ...tokens].join('\n');
  }
}

function unset(name: string): Unknown {
  return { token: `variable ${name}`, because: `its environment has no ${name}, which a script may set`, word: true };
}
