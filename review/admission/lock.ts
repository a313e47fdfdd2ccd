import type { Json } from '../readers/json';
import type { SynthesizedStack } from '../readers/tree';
import { eachObject, isObject, member } from './json';
import { named } from './refusal';

/** The file's name, which the engine knows it by. */
export const LOCK_FILE = '.terraform.lock.hcl';

/**
 * Which providers the default branch has locked, by version and hashes. `init` asks no registry for anything else then, and
 * takes nothing else from one.
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

  /** The lines for what a stack needs. An engine refuses others as well, if it may not write the file. */
  of(stack: unknown): string {
    const providers = [...askedBy(stack), ...impliedBy(stack)];
    return this.blocks
      .filter(({ address }) => providers.some(({ source }) => isOf(address, source)))
      .map(({ block }) => `${block}\n`)
      .join('\n');
  }

  /** Why a change asks for other providers than what is locked: one reason a provider, with the remedy. */
  reasonsAsked(change: readonly SynthesizedStack[], merged: readonly SynthesizedStack[]): readonly string[] {
    return pairs(change, merged).flatMap(({ name, json, old }) => {
      const before = askedBy(old);
      return askedBy(json).flatMap((needed) => {
        const known = before.find(({ source }) => source === needed.source);
        if (known === undefined || known.constraint === needed.constraint) return this.unlocked(name, [needed]);
        const asked = `${told(needed)} is asked for, and the default branch asks for ${shown(known.constraint ?? 'any version')}`;
        return [`${named(name)}: provider ${asked}: ${FIRST}`];
      });
    });
  }

  /** Why the types of its blocks need providers that are not locked. */
  reasonsImplied(change: readonly SynthesizedStack[], merged: readonly SynthesizedStack[]): readonly string[] {
    return pairs(change, merged).flatMap(({ name, json }) => this.unlocked(name, impliedBy(json)));
  }

  private unlocked(stack: string, providers: readonly Needed[]): readonly string[] {
    return providers
      .filter(({ source }) => !this.blocks.some(({ address }) => isOf(address, source)))
      .map((needed) => `provider ${told(needed)} is needed, and ${LOCK_FILE} has ${this.toString()}: ${FIRST}`)
      .map((reason) => `${named(stack)}: ${reason}`);
  }
}

/** What is in both; a stack that is new is refused as a whole. */
function pairs(change: readonly SynthesizedStack[], merged: readonly SynthesizedStack[]) {
  return change.flatMap(({ name, json }) => {
    const old = merged.find((stack) => stack.name === name);
    return old === undefined ? [] : [{ name, json, old: old.json }];
  });
}

const FIRST = `merge it first, with its hashes by 'providers lock'`;

interface Locked {
  readonly block: string;
  /** With its registry's host. */
  readonly address: string;
  readonly version: string;
}

interface Needed {
  /** By which the stack calls it. */
  readonly name: string;
  /** `namespace/name`, or with a host. */
  readonly source: string;
  readonly constraint?: string;
}

const BLOCK = /^provider "([^"\s]+)" \{\n(?:[^\n]*\n)*?\}/gm;
const VERSION = /^\s*version\s*=\s*"([^"\s]+)"/m;

/** Each engine has a registry of its own, which a source without a host is of. */
function isOf(address: string, source: string): boolean {
  return address === source || (source.split('/').length === 2 && address.endsWith(`/${source}`));
}

/** What a stack says that it needs. */
function askedBy(stack: unknown): readonly Needed[] {
  return eachObject(member(stack, 'terraform'))
    .flatMap((settings) => eachObject(member(settings, 'required_providers')))
    .flatMap((providers) => Object.entries(providers).map(([name, asked]) => needed(name, asked)));
}

function needed(name: string, asked: unknown): Needed {
  const [source, version] = [member(asked, 'source'), isObject(asked) ? member(asked, 'version') : asked];
  return {
    name,
    source: (typeof source === 'string' ? source : `hashicorp/${name}`).toLowerCase(),
    ...(version !== undefined && { constraint: typeof version === 'string' ? version : JSON.stringify(version) }),
  };
}

/** A type's first word names its provider where nothing else does; what begins with `terraform_` is the engine's own. */
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

function told({ source, constraint }: Needed): string {
  return [source, ...(constraint === undefined ? [] : [constraint])].map(shown).join(' ');
}

/** A source or constraint as a message may repeat it. */
function shown(text: string): string {
  return /^[\w.,/~<>=! -]{1,80}$/.test(text) ? text : named(text);
}
