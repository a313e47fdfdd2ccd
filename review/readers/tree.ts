import type { Facts } from '../model/facts';
import { NOTES, type Notes } from '../notes';
import { evaluate, reference, type Templates } from './templates';
import { isObject, Unresolved, type Resource, type Value } from './values';

/** A stack as `cdktf synth` writes it into `cdk.tf.json`. */
export interface SynthesizedStack {
  readonly name: string;
  readonly json: unknown;
}

type Block = Readonly<Record<string, unknown>>;

/** A link from one stack to another: cdktf names the output after what it leads to. */
const REMOTE = /^data\.terraform_remote_state\.([A-Za-z0-9_-]+)\.outputs\.([A-Za-z0-9_-]+)$/;
const STATE_PREFIX = 'cross-stack-reference-input-';

/** The resources of synthesized stacks; what one stack takes from another is followed. Needs neither engine nor account. */
export function readTree(stacks: readonly SynthesizedStack[]): Resource[] {
  const trees = new Map(stacks.map((stack) => [stack.name, new Tree(stack)]));
  return [...trees.values()].flatMap((tree) => tree.resources(trees));
}

/** What the program noted down for the review: acknowledgements, and claims about spaces that it only refers to. */
export function readNotes(stacks: readonly SynthesizedStack[]): Notes {
  const notes = stacks.map(({ json }) => block(block(block(json)['//'])[NOTES]) as Partial<Notes>);
  return {
    acknowledged: notes.flatMap(({ acknowledged = [] }) => acknowledged),
    claims: notes.flatMap(({ claims = [] }) => claims),
  };
}

/** Takes the program's word for the security groups of spaces that it does not own. */
export function withClaims(facts: Facts, claims: Notes['claims']): Facts {
  const claimed = new Map(claims.map(({ space, groups }) => [space, groups]));
  const known = new Set(facts.spaces.map(({ id }) => id));
  return {
    ...facts,
    spaces: [
      ...facts.spaces.map((space) => (space.owned ? space : { ...space, claim: claimed.get(space.id) ?? space.claim })),
      ...[...claimed]
        .filter(([id]) => !known.has(id))
        .map(([id, claim]) => ({ id, name: id.slice(id.lastIndexOf('/') + 1), owned: false, claim })),
    ],
  };
}

class Tree {
  private readonly name: string;
  private readonly json: Block;
  private readonly written = new Map<string, Block>();

  constructor({ name, json }: SynthesizedStack) {
    this.name = name;
    this.json = block(json);
    for (const [section, prefix] of [
      ['resource', ''],
      ['data', 'data.'],
    ] as const) {
      for (const [type, instances] of Object.entries(block(this.json[section]))) {
        if (!type.startsWith('cloudfoundry_')) continue;
        for (const [id, values] of Object.entries(block(instances))) {
          this.written.set(`${prefix}${type}.${id}`, block(values));
        }
      }
    }
  }

  resources(trees: ReadonlyMap<string, Tree>): Resource[] {
    const templates = this.templates(trees);
    return [...this.written].map(([address, { '//': comment, ...written }]) => ({
      stack: this.name,
      address,
      path: pathOf(comment),
      managed: !address.startsWith('data.'),
      type: address.replace(/^data\./, '').split('.')[0] ?? '',
      values: evaluate(written, templates) as Readonly<Record<string, Value>>,
    }));
  }

  private templates(trees: ReadonlyMap<string, Tree>): Templates {
    return { stack: this.name, lookUp: (text) => this.lookUp(text, trees) };
  }

  private lookUp(text: string, trees: ReadonlyMap<string, Tree>): Value | undefined {
    const [, state, output = ''] = REMOTE.exec(text) ?? [];
    if (state !== undefined) return trees.get(this.stackBehind(state))?.output(output, trees);
    if (text.startsWith('var.')) return this.variable(text.slice('var.'.length));
    const { address, attribute } = reference(text, this.name);
    const value = this.written.get(address)?.[attribute];
    return value === undefined ? undefined : evaluate(value, this.templates(trees));
  }

  private output(name: string, trees: ReadonlyMap<string, Tree>): Value | undefined {
    const { value } = block(block(this.json.output)[name]);
    return value === undefined ? undefined : evaluate(value, this.templates(trees));
  }

  private variable(name: string): Value | undefined {
    const { default: value, sensitive } = block(block(this.json.variable)[name]);
    const because = sensitive === true ? 'it is marked sensitive' : 'it is a variable that gets its value outside';
    if (value === undefined || sensitive === true) return new Unresolved(`var.${name}`, because);
    return evaluate(value, { stack: this.name, lookUp: () => undefined });
  }

  /** cdktf names the remote state after the stack, and the backend after its state file. */
  private stackBehind(state: string): string {
    return state.startsWith(STATE_PREFIX) ? state.slice(STATE_PREFIX.length) : state;
  }
}

function pathOf(comment: unknown): string | undefined {
  const { path } = block(block(comment).metadata);
  return typeof path === 'string' ? path : undefined;
}

function block(value: unknown): Block {
  return isObject(value) ? value : {};
}

/** Construct paths by stack and address, to name in a plan what only the program knows. */
export function pathsOf(stacks: readonly SynthesizedStack[]): ReadonlyMap<string, string> {
  return new Map(
    readTree(stacks).flatMap(({ stack, address, path }): [string, string][] =>
      path === undefined ? [] : [[`${stack} ${address}`, path]],
    ),
  );
}
