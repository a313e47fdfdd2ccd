import { isAbsolute } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { remember } from '../../model/maps';
import {
  blocksOf,
  nestedBlocks,
  OURS,
  REMOTE_STATE,
  STATE_PREFIX,
  unused,
  type Block,
  type SynthesizedStack,
} from './blocks';
import type { Json } from '../json';
import { closureOf, Part, pathsIn, textsOf, tokenOf, withoutIdentities } from './closure';
import {
  filesIn,
  isFixed,
  isUnavailable,
  isNamedByContent,
  NOT_HANDED_ON,
  notedIn,
  READS,
  readsFiles,
  UNMARKS,
  type FileCall,
  type Files,
} from './files';
import { NOT_CONSTANT } from '../expressions/functions';
import {
  instancesOf,
  ONLY,
  repetition,
  type Instance,
  argumentsOf,
  contentOf,
  ignores,
  NO_MOVES,
  renamed,
  type Moves,
} from './meta';
import { addressed, fromFolder, unsetVariable, variableValue } from './sections';
import { evaluate, member, type PathStep, type Templates } from '../expressions/templates';
import type { Value } from '../values';

/** The values of a stack, as far as the program shows them; references to other stacks are followed. */
export class Stack {
  readonly name: string;
  readonly blocks: ReadonlyMap<string, Block>;
  readonly checkout?: string;
  private readonly json: unknown;
  private reads?: boolean;
  private readonly files: Files;
  private readonly parts = new Map<string, Part>();
  private readonly mentions = new Map<string, readonly Part[]>();
  private readonly repeated = new Map<string, readonly Instance[] | undefined>();
  /** What is being looked up: circular references have no value. */
  private readonly looking = new Set<string>();

  /** @param side distinguishes an unavailable file before the change from the same one after it */
  constructor(
    { name, json, files, checkout }: SynthesizedStack,
    private readonly stacks: ReadonlyMap<string, Stack>,
    readonly side: string,
    moves: Moves = NO_MOVES,
  ) {
    this.name = name;
    this.json = json;
    this.files = (path, isTemplate = false) => files?.(path, isTemplate) ?? notedIn(json, path, isTemplate);
    this.checkout = checkout;
    const blocks = new Map<string, Block>();
    for (const [written, block] of blocksOf(renamed(json, moves)).flatMap(addressed)) {
      const address = moves.get(written) ?? written;
      blocks.set(unused(address, blocks), block);
    }
    this.blocks = blocks;
  }

  /** How to evaluate a text in a block. */
  templates(address: string, instance: Instance = ONLY): Templates {
    return {
      stack: this.name,
      lookUp: (root, steps) => this.lookUp(root, steps, instance),
      tokenOf: (text) => this.token(text, address, instance),
      localsIn: (text) =>
        this.madeOf(text).flatMap(({ id, content }) =>
          id.startsWith(`${this.name} local.`) ? [JSON.parse(content) as unknown] : [],
        ),
    };
  }

  /** Undefined if their number isn't known before the apply. */
  instances(address: string): readonly Instance[] | undefined {
    if (!this.repeated.has(address)) {
      // A lookup during the computation would be circular.
      this.repeated.set(address, undefined);
      const body = this.blocks.get(address)?.body ?? {};
      this.repeated.set(
        address,
        instancesOf(body, (written) => evaluate(written, this.templates(address))),
      );
    }
    return this.repeated.get(address);
  }

  /**
   * Whether a remote state reads what this stack's backend keeps: it may have the stack's name and read another one.
   */
  isKeptAt({ backend, config, ...others }: Json): boolean {
    const kept = this.backends();
    const content = (name: unknown, settings: unknown): unknown => [name, nestedBlocks(settings)[0] ?? {}];
    return (
      kept.length === 0 ||
      (Object.keys(others).length === 0 &&
        kept.every(([name, settings]) => isDeepStrictEqual(content(name, settings), content(backend, config))))
    );
  }

  /** Whether any default is assumed. */
  get assumes(): boolean {
    return [...this.blocks.values()].some(isAssumed);
  }

  /** What an argument is made of, whatever its type. */
  madeOf(written: unknown): readonly Part[] {
    return closureOf(textsOf(written).flatMap((text) => this.mentioned(text)));
  }

  /** The texts that read files which are not at hand, or unmark secrets, with what they are made of but for the files. */
  readBy(written: unknown): readonly string[] {
    this.reads ??= READS.test(JSON.stringify(this.json));
    if (!this.reads) return [];
    const texts = [...textsOf(written), ...this.madeOf(written).flatMap(({ texts: own }) => own)];
    return [...new Set(texts.filter((each) => READS.test(each)))].sort().flatMap((each) => {
      const reads = UNMARKS.test(each) || filesIn(each).some((call) => this.fileAt(call).some(isUnavailable));
      if (!reads) return [];
      const parts = this.madeOf(each).filter((part) => !isUnavailable(part));
      return [JSON.stringify([each, ...parts.map(({ id, content }) => [id, content])])];
    });
  }

  private backends(): [name: string, settings: unknown][] {
    return [...this.blocks.values()]
      .filter(({ section }) => section === 'terraform')
      .flatMap(({ body }) => nestedBlocks(body.backend))
      .flatMap((each) => Object.entries(each));
  }

  /** The file of its own state, if it is a file with a known path. */
  private ownFile(): string | undefined {
    const [path] = this.backends().flatMap(([name, settings]) =>
      name === 'local' ? [nestedBlocks(settings)[0]?.path] : [],
    );
    return typeof path === 'string' && isAbsolute(path) ? path : undefined;
  }

  private token(text: string, address: string, { suffix }: Instance): string {
    const own = /\b(?:each|count|self)\b/.test(text);
    const parts = own ? [this.part(`${address} repeated`, repetition(this.blocks.get(address)?.body ?? {}))] : [];
    return tokenOf(`in ${this.name}: ${own ? `${address}${suffix} ` : ''}${text}`, [...this.mentioned(text), ...parts]);
  }

  private lookUp(root: string, steps: readonly PathStep[], instance: Instance): Value | undefined {
    const place = JSON.stringify([instance.suffix, root, ...steps]);
    if (this.looking.has(place)) return undefined;
    this.looking.add(place);
    try {
      return this.valueAt(root, steps, instance);
    } catch (error) {
      if (error === NOT_CONSTANT) return undefined;
      throw error;
    } finally {
      this.looking.delete(place);
    }
  }

  private valueAt(root: string, steps: readonly PathStep[], { each, count }: Instance): Value | undefined {
    const [first, second, third] = steps.map((step) => ('attribute' in step ? step.attribute : ''));
    const rest = steps.slice(1);
    switch (root) {
      case 'each':
        return within(first === 'key' || first === 'value' ? each?.[first] : undefined, rest);
      case 'count':
        return first === 'index' ? count : undefined;
      case 'var':
      case 'local':
        return within(this.valueOf(`${root}.${first ?? ''}`), rest);
      case 'data':
        return first === REMOTE_STATE && third === 'outputs'
          ? this.remote(second ?? '', steps.slice(3))
          : this.attribute(`data.${first ?? ''}.${second ?? ''}`, steps.slice(2));
      default:
        return this.attribute(`${root}.${first ?? ''}`, rest);
    }
  }

  private remote(state: string, [output, ...rest]: readonly PathStep[]): Value | undefined {
    const name = output === undefined ? '' : 'attribute' in output ? output.attribute : output.key;
    return within(this.behind(state)?.valueOf(`output.${name}`), rest);
  }

  /** The value of a local, a variable or an output. */
  private valueOf(address: string): Value | undefined {
    const block = this.blocks.get(address);
    if (block?.section !== 'variable') return block && evaluate(block.body.value ?? null, this.templates(address));
    return variableValue(block.body) ?? unsetVariable(() => this.token(`\${${address}}`, address, ONLY), block.body);
  }

  private attribute(address: string, steps: readonly PathStep[]): Value | undefined {
    const block = this.blocks.get(address);
    // An attribute that updates ignore has the value of an earlier program.
    if (block === undefined || ignores(block)) return undefined;
    const [first] = steps;
    const suffix = first !== undefined && 'key' in first ? `[${JSON.stringify(first.key)}]` : '';
    const instance = this.instances(address)?.find((each) => each.suffix === suffix);
    const [step, ...rest] = suffix === '' ? steps : steps.slice(1);
    if (instance === undefined || step === undefined || !('attribute' in step)) return undefined;
    const passed = block.labels[0] === 'terraform_data' && step.attribute === 'output';
    const written = argumentsOf(block)[passed ? 'input' : step.attribute] ?? null;
    return written === null ? undefined : within(evaluate(written, this.templates(address, instance)), rest);
  }

  /** What a text refers to, in this stack and in others. */
  private mentioned(text: string): readonly Part[] {
    const isOurs = (type: string, name: string): boolean => type.startsWith(OURS) && this.blocks.has(`${type}.${name}`);
    // Asked for the token, for what is read, and for each part that the text is in.
    return remember(this.mentions, text, () => [
      ...pathsIn(withoutIdentities(text, isOurs)).flatMap((path) => this.partsAt(path)),
      ...filesIn(text).flatMap((call) => this.fileAt(call)),
    ]);
  }

  private partsAt(path: readonly string[]): Part[] {
    const [root = '', first = '', second = ''] = path;
    if (root === 'ephemeral' || root === 'data') {
      const remote = first === REMOTE_STATE ? this.outputsBehind(second, path[4] ?? '') : [];
      return [...this.whole(`${root}.${first}.${second}`), ...remote];
    }
    const address = `${root}.${first}`;
    const block = this.blocks.get(address);
    const written = block?.section === 'resource' ? argumentsOf(block)[second] : undefined;
    return written === undefined ||
      readsFiles(address, block?.body ?? {}) ||
      Object.keys(repetition(block?.body ?? {})).length > 0
      ? this.whole(address)
      : [this.part(`${address}.${second}`, written)];
  }

  /** The output with a name, or all outputs if the name isn't known. */
  private outputs(name: string): Part[] {
    const one = this.whole(`output.${name}`);
    if (one.length > 0) return one;
    return [...this.blocks].flatMap(([address, { section }]) => (section === 'output' ? this.whole(address) : []));
  }

  private whole(address: string): Part[] {
    const block = this.blocks.get(address);
    if (block === undefined) return [];
    const files = readsFiles(address, block.body)
      ? [this.part(`files of ${address}`, `${NOT_HANDED_ON} ${this.side}`)]
      : [];
    const assumed = isAssumed(block);
    return [this.part(address, fromFolder(contentOf(block), this.ownFile()), assumed), ...files];
  }

  private part(id: string, content: unknown, assumed = false): Part {
    return remember(
      this.parts,
      id,
      () => new Part(`${this.name} ${id}`, content, (text) => this.mentioned(text), assumed),
    );
  }

  private fileAt({ path, isTemplate, template }: FileCall): Part[] {
    // The text of a constant is searched for files, too; a computed one may turn out to read some.
    if (template !== undefined && isFixed(this.blocks.get(template)?.body.value)) return [];
    if (path !== undefined && isNamedByContent(path) && !isTemplate) return [];
    const content = path === undefined ? undefined : this.files(path, isTemplate);
    const kind = isTemplate ? 'template' : 'file';
    return [this.part(`${kind} ${path ?? ''}`, content ?? `${NOT_HANDED_ON} ${this.side}`)];
  }

  /** A state may have another name than the stack that it is of, which is then any that has such an output. */
  private outputsBehind(state: string, name: string): Part[] {
    const known = this.behind(state);
    if (known !== undefined) return known.outputs(name);
    const { body = {} } = this.blocks.get(`data.${REMOTE_STATE}.${state}`) ?? {};
    const others = [...this.stacks.values()].filter((stack) => stack !== this);
    const kept = others.filter((stack) => stack.backends().length > 0 && stack.isKeptAt(body));
    return (kept.length > 0 ? kept : others).flatMap((stack) =>
      name === '' || stack.blocks.has(`output.${name}`) ? stack.outputs(name) : [],
    );
  }

  private behind(state: string): Stack | undefined {
    const stack = this.stacks.get(state.startsWith(STATE_PREFIX) ? state.slice(STATE_PREFIX.length) : state);
    const { body } = this.blocks.get(`data.${REMOTE_STATE}.${state}`) ?? {};
    return body === undefined || stack?.isKeptAt(body) === true ? stack : undefined;
  }
}

function isAssumed({ section, body }: Block): boolean {
  return section === 'variable' && variableValue(body) !== undefined;
}

/** @throws if the path leads to something unknown */
function within(value: Value | undefined, steps: readonly PathStep[]): Value | undefined {
  return value === undefined ? undefined : steps.reduce<Value>(member, value);
}
