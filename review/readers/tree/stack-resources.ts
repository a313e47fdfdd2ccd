import { type Block, nestedBlocks, unused, OURS, REMOTE_STATE } from './blocks';
import { isNamedByContent, NOT_HANDED_ON, isElsewhere, withPackage } from './files';
import { ONLY, repetition, type Instance, argumentsOf, metaOf } from './meta';
import { block as blockOf, isJson, list, text, type Json } from '../json';
import { lazily } from '../../model/maps';
import { fromCheckout, Providers, roleOf, UNKNOWN_BLOCK } from './sections';
import type { Stack } from './stack';
import { evaluate, type Templates } from '../expressions/templates';
import { isObject, type Resource } from '../values';

/** Programs that run, where they run. */
const RUNS: ReadonlySet<string> = new Set(['provisioner', 'connection']);
const ACTION = 'action_trigger';
/** For these and for another platform, it doesn't matter which provider the resource belongs to. */
const ANYBODYS: ReadonlySet<string> = new Set([...RUNS, 'provider']);

/** All resources of a stack, and everything else that affects an apply, in the same form. */
export function resourcesOf(stack: Stack): Resource[] {
  const providers = new Providers([...stack.blocks.values()]);
  return withNames([...stack.blocks].flatMap(([address, block]) => delivered(stack, providers, address, block)));
}

/** What a stack says to the engine and to providers. */
export function settingsOf(stack: Stack): Resource[] {
  const providers = new Providers([...stack.blocks.values()]);
  const blocks = [...stack.blocks].filter(([, { section }]) => section === 'terraform' || section === 'provider');
  return withNames(blocks.flatMap(([address, block]) => delivered(stack, providers, address, block)));
}

function delivered(stack: Stack, providers: Providers, address: string, block: Block): Resource[] {
  const role = roleOf(block);
  switch (role) {
    case 'value':
      return block.section === 'locals' ? [] : shown(stack, address, block.body);
    case 'settings':
      return settings(stack, providers, block.body);
    case 'resource':
      return repeated(stack, providers.of(block), address, block);
    case 'thing':
    case undefined: {
      const provider = block.section === 'provider' ? providers.source(block.labels[0] ?? '') : undefined;
      const body = { ...block.body, ...ownFiles(block, stack) };
      return [
        ...(block.section === 'provider' ? shown(stack, address, block.body) : []),
        thing(stack, address, role === undefined ? UNKNOWN_BLOCK : block.section, body, provider),
      ];
    }
  }
}

/**
 * What a block reads from files, programs or secrets of the machine that applies, directly or through others. Plans and
 * applies print whatever a block says, or send it somewhere, so it matters even where the value itself is harmless.
 */
function shown(stack: Stack, address: string, body: Json): Resource[] {
  const read = stack.readBy(body);
  if (read.length === 0) return [];
  return [{ stack: stack.name, address: `${address} shown`, managed: true, type: 'output', values: { read } }];
}

function repeated(stack: Stack, provider: string | undefined, address: string, block: Block): Resource[] {
  const instances = stack.instances(address);
  const unexpanded = instances === undefined ? repetition(block.body) : {};
  const meta = [
    ...metaOf(block),
    ...Object.entries(unexpanded).map(([kind, value]) => ({ kind, body: { [kind]: value } })),
  ];
  const { replace_triggered_by } = Object.fromEntries(
    nestedBlocks(block.body.lifecycle).flatMap(Object.entries),
  ) as Json;
  // What a resource says decides when its programs run, and what they get.
  const triggers = list(replace_triggered_by).map((each) => `\${${text(each)}}`);
  const self = { ...argumentsOf(block), ...repetition(block.body), triggers };
  return [
    ...(instances ?? [ONLY]).map((instance) => resource(stack, provider, address, block, instance)),
    ...meta.map(({ kind, body }) =>
      thing(
        stack,
        `${address} ${kind}`,
        kind,
        RUNS.has(kind) || ACTION in body ? { ...body, self } : body,
        ANYBODYS.has(kind) || ACTION in body ? undefined : provider,
        address,
      ),
    ),
    ...shown(stack, address, block.body),
  ];
}

function resource(
  stack: Stack,
  provider: string | undefined,
  address: string,
  block: Block,
  instance: Instance,
): Resource {
  const [type = ''] = block.labels;
  const { path } = blockOf(blockOf(block.comment).metadata);
  return withPackage({
    stack: stack.name,
    address: `${address}${instance.suffix}`,
    ...(typeof path === 'string' && { path }),
    // What is only read deploys nothing, but data sources of other providers may run programs or connect anywhere.
    managed: block.section === 'resource' || !(type.startsWith(OURS) || type === REMOTE_STATE),
    type,
    ...(provider !== undefined && { provider }),
    values: attributesOf(argumentsOf(block), stack.templates(address, instance)),
  });
}

function attributesOf(written: Json, templates: Templates): Resource['values'] {
  const names = Object.keys(written);
  // Such a name may be any name, so nothing is known about the whole.
  if (names.some((name) => /[$%]\{/.test(name))) return evaluate(written, templates) as Resource['values'];
  return lazily(names, (name) => evaluate(written[name], templates));
}

function thing(stack: Stack, name: string, type: string, body: Json, provider?: string, address = name): Resource {
  const values = evaluate(body, stack.templates(address));
  return {
    stack: stack.name,
    address: name,
    managed: true,
    type,
    ...(provider !== undefined && { provider }),
    values: isObject(values) ? values : { [type]: values },
  };
}

/** A module that may be local consists of its files. */
function ownFiles({ section, body }: Block, stack: Stack): Json {
  if (section !== 'module') return {};
  const source = evaluate(body.source ?? null, stack.templates(section));
  const isTold =
    isElsewhere(body.source) || isElsewhere(source) || (typeof source === 'string' && isNamedByContent(source));
  return isTold ? {} : { files: `${NOT_HANDED_ON} ${stack.side}` };
}

/** The engine's version can only refuse. A provider is a program, and a backend determines what already exists. */
function settings(stack: Stack, providers: Providers, body: Json): Resource[] {
  const { required_providers: required, ...others } = body;
  return [
    ...nestedBlocks(required).flatMap((requirements) =>
      Object.entries(requirements).map(([name, requirement]) =>
        thing(
          stack,
          `required provider ${name}`,
          'required provider',
          isJson(requirement) ? requirement : { requirement },
          providers.source(name),
        ),
      ),
    ),
    ...Object.entries(others).flatMap(([name, content]) =>
      name === 'required_version'
        ? []
        : nestedBlocks(content).map((inner) => thing(stack, name, name, fromCheckout(inner, stack.checkout))),
    ),
  ];
}

/** Distinguishes several with the same name, such as the provisioners of a resource. */
function withNames(resources: readonly Resource[]): Resource[] {
  const taken = new Set<string>();
  return resources.map((each) => {
    const address = unused(each.address, taken);
    taken.add(address);
    return address === each.address ? each : { ...each, address };
  });
}
