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
    const needed = providersOf(stack);
    return this.blocks
      .filter(({ address }) => needed.some(({ source }) => isOf(address, source)))
      .map(({ block }) => `${block}\n`)
      .join('\n');
  }

  /** Why a change needs other providers than what is locked: one reason a provider, with the remedy. */
  reasons(change: readonly SynthesizedStack[], merged: readonly SynthesizedStack[]): readonly string[] {
    return change.flatMap(({ name, json }) => {
      const old = merged.find((stack) => stack.name === name);
      return old === undefined ? [] : this.reasonsOf(json, old.json).map((reason) => `${named(name)}: ${reason}`);
    });
  }

  private reasonsOf(change: unknown, merged: unknown): readonly string[] {
    const before = providersOf(merged);
    return providersOf(change).flatMap(({ source, constraint }) => {
      const old = before.find((provider) => provider.source === source);
      const asked = [source, constraint].filter((part) => part !== undefined).map(shown);
      if (old !== undefined && old.constraint !== constraint)
        return [
          `provider ${asked.join(' ')} is asked for, and the default branch asks for ${shown(old.constraint ?? 'any version')}: ${FIRST}`,
        ];
      if (this.blocks.some(({ address }) => isOf(address, source))) return [];
      return [`provider ${asked.join(' ')} is needed, and ${LOCK_FILE} has ${this.toString()}: ${FIRST}`];
    });
  }
}

const FIRST = `merge it first, with its hashes by 'providers lock'`;

interface Locked {
  readonly block: string;
  /** With its registry's host. */
  readonly address: string;
  readonly version: string;
}

interface Needed {
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

/** What a stack says that it needs, and what the types of its blocks imply. */
function providersOf(stack: unknown): readonly Needed[] {
  const required = eachObject(member(stack, 'terraform'))
    .flatMap((settings) => eachObject(member(settings, 'required_providers')))
    .flatMap((providers) => Object.entries(providers).map(([name, asked]) => needed(name, asked)));
  const names = new Set(required.map(({ name }) => name));
  const implied = [...impliedIn(stack)].filter((name) => !names.has(name)).map((name) => needed(name, undefined));
  return [...required, ...implied].map(({ source, constraint }) => ({ source, constraint }));
}

function needed(name: string, asked: unknown): Needed & { readonly name: string } {
  const [source, version] = [member(asked, 'source'), isObject(asked) ? member(asked, 'version') : asked];
  return {
    name,
    source: (typeof source === 'string' ? source : `hashicorp/${name}`).toLowerCase(),
    ...(version !== undefined && { constraint: typeof version === 'string' ? version : JSON.stringify(version) }),
  };
}

/** A type's first word names its provider where nothing else does; what begins with `terraform_` is the engine's own. */
function impliedIn(stack: unknown): ReadonlySet<string> {
  const bodies = ['resource', 'data'].flatMap((section) => eachObject(member(stack, section)));
  const types = bodies
    .flatMap((types) => Object.entries(types))
    .flatMap(([type, instances]) => {
      const own = eachObject(instances)
        .flatMap((each) => Object.values(each))
        .flatMap((body) => eachObject(body));
      return own.map((body) => providerOf(body) ?? type.split('_')[0] ?? '');
    });
  const configured = eachObject(member(stack, 'provider')).flatMap((each) => Object.keys(each));
  return new Set([...types, ...configured].filter((name) => name !== 'terraform'));
}

function providerOf(body: Json): string | undefined {
  const provider = member(body, 'provider');
  return typeof provider === 'string' ? provider.split('.')[0] : undefined;
}

/** A source or constraint as a message may repeat it. */
function shown(text: string): string {
  return /^[\w.,/~<>=! -]{1,80}$/.test(text) ? text : named(text);
}
