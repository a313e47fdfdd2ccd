import { type Json, eachObject, isJson, member } from '../readers/json';
import type { SynthesizedStack } from '../readers/tree';
import { named } from './expression';

/** The name under which the engine looks for the file. */
export const LOCK_FILE = '.terraform.lock.hcl';

/**
 * The providers that the default branch has locked, by version and hashes. With a lock file, `init` requests nothing
 * else from a registry and accepts nothing else.
 *
 * @see https://developer.hashicorp.com/terraform/language/files/dependency-lock
 */
export class Lock {
  private readonly blocks: readonly Locked[];

  /** @param text of the file, as an engine writes it */
  constructor(text: string) {
    this.blocks = [...text.matchAll(BLOCK)].map(([block, address = '']) => ({
      block,
      address: address.toLowerCase(),
      version: VERSION.exec(block)?.[1] ?? '',
    }));
  }

  /** Providers and versions. */
  toString(): string {
    const locked = this.blocks.map(({ address, version }) => `${shown(address)} ${shown(version)}`);
    return locked.length === 0 ? 'none' : locked.join(', ');
  }

  /** The lines that a stack needs. An engine that may not write the file refuses extra lines. */
  of(stack: unknown): string {
    const providers = [...askedBy(stack), ...impliedBy(stack)];
    return this.blocks
      .filter(({ address }) => providers.some(({ source }) => isOf(address, source)))
      .map(({ block }) => `${block}\n`)
      .join('\n');
  }

  /** Why a change requires providers that aren't locked: one reason per provider, with the remedy. */
  reasonsAsked(change: readonly SynthesizedStack[], merged: readonly SynthesizedStack[]): readonly string[] {
    return pairs(change, merged).flatMap(({ name, json, old }) => {
      const before = askedBy(old);
      return askedBy(json).flatMap((needed) => {
        const known = before.find(({ source }) => source === needed.source);
        if (known === undefined || known.constraint === needed.constraint) return this.unlocked(name, [needed]);
        const asked = `${describe(needed)} is required, but the default branch requires ${shown(known.constraint ?? 'any version')}`;
        return [`${named(name)}: provider ${asked}: ${FIRST}`];
      });
    });
  }

  /** Why the types of its blocks need providers that aren't locked. */
  reasonsImplied(change: readonly SynthesizedStack[], merged: readonly SynthesizedStack[]): readonly string[] {
    return pairs(change, merged).flatMap(({ name, json }) => this.unlocked(name, impliedBy(json)));
  }

  private unlocked(stack: string, providers: readonly Needed[]): readonly string[] {
    return providers
      .filter(({ source }) => !this.blocks.some(({ address }) => isOf(address, source)))
      .map((needed) => `provider ${describe(needed)} is required, but ${LOCK_FILE} has ${this.toString()}: ${FIRST}`)
      .map((reason) => `${named(stack)}: ${reason}`);
  }
}

/** The stacks that are in both; a new stack is refused as a whole. */
function pairs(change: readonly SynthesizedStack[], merged: readonly SynthesizedStack[]) {
  return change.flatMap(({ name, json }) => {
    const old = merged.find((stack) => stack.name === name);
    return old === undefined ? [] : [{ name, json, old: old.json }];
  });
}

const FIRST = `merge it first, with its hashes by 'providers lock'`;

interface Locked {
  readonly block: string;
  /** Includes the registry's host. */
  readonly address: string;
  readonly version: string;
}

interface Needed {
  /** The stack's local name for it. */
  readonly name: string;
  /** `namespace/name`, optionally with a host. */
  readonly source: string;
  readonly constraint?: string;
}

const BLOCK = /^provider "([^"\s]+)" \{\n(?:[^\n]*\n)*?\}/gm;
const VERSION = /^\s*version\s*=\s*"([^"\s]+)"/m;

/** Each engine has its own default registry for sources without a host. */
function isOf(address: string, source: string): boolean {
  return address === source || (source.split('/').length === 2 && address.endsWith(`/${source}`));
}

/** The providers that a stack declares. */
function askedBy(stack: unknown): readonly Needed[] {
  return eachObject(member(stack, 'terraform'))
    .flatMap((settings) => eachObject(member(settings, 'required_providers')))
    .flatMap((providers) => Object.entries(providers).map(([name, asked]) => needed(name, asked)));
}

function needed(name: string, asked: unknown): Needed {
  const [source, version] = [member(asked, 'source'), isJson(asked) ? member(asked, 'version') : asked];
  return {
    name,
    source: (typeof source === 'string' ? source : `hashicorp/${name}`).toLowerCase(),
    ...(version !== undefined && { constraint: typeof version === 'string' ? version : JSON.stringify(version) }),
  };
}

/**
 * Without a declaration, the first word of a type names its provider; types that start with `terraform_` are the
 * engine's own.
 */
function impliedBy(stack: unknown): readonly Needed[] {
  const types = ['resource', 'data']
    .flatMap((section) => eachObject(member(stack, section)).flatMap((each) => Object.entries(each)))
    .flatMap(([type, instances]) =>
      eachObject(instances)
        .flatMap((each) => Object.values(each).flatMap((body) => eachObject(body)))
        .map((body) => providerOf(body) ?? type.split('_')[0] ?? ''),
    );
  const configured = eachObject(member(stack, 'provider')).flatMap((each) => Object.keys(each));
  const asked = new Set(['terraform', ...askedBy(stack).map(({ name }) => name)]);
  return [...new Set([...types, ...configured])]
    .filter((name) => !asked.has(name))
    .map((name) => needed(name, undefined));
}

function providerOf(body: Json): string | undefined {
  const provider = member(body, 'provider');
  return typeof provider === 'string' ? provider.split('.')[0] : undefined;
}

function describe({ source, constraint }: Needed): string {
  return [source, ...(constraint === undefined ? [] : [constraint])].map(shown).join(' ');
}

/** A source or version constraint in a form that is safe to print. */
function shown(text: string): string {
  return /^[\w.,/~<>=! -]{1,80}$/.test(text) ? text : named(text);
}
