import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { CloudfoundryProvider } from '@cdktf/provider-cloudfoundry/lib/provider';
import { App, TerraformStack } from 'cdktf';

/** A resource or data source as the engine gets it, without its logical id and cdktf's comments. */
export type Block = Readonly<Record<string, unknown>>;

export interface SynthesizedStack {
  readonly byId: (type: { readonly tfResourceType: string }) => Readonly<Record<string, Block>>;
  /** All resources of a type, so that a test can check that there is nothing else. */
  readonly resources: (type: { readonly tfResourceType: string }) => Block[];
  readonly data: (type: { readonly tfResourceType: string }) => Block[];
  readonly addresses: readonly string[];
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly annotations: readonly { readonly level: string; readonly constructPath: string; readonly message: string }[];
  readonly text: string;
  readonly files: readonly string[];
}

interface StackFile {
  readonly resource?: Readonly<Record<string, Readonly<Record<string, Block>>>>;
  readonly data?: Readonly<Record<string, Readonly<Record<string, Block>>>>;
  readonly output?: Readonly<Record<string, { readonly value: unknown }>>;
}

interface ManifestFile {
  readonly stacks: Readonly<
    Record<string, { readonly synthesizedStackPath: string; readonly annotations: SynthesizedStack['annotations'] }>
  >;
}

/**
 * The output of `cdktf synth`: every stack is prepared, aspects run once, and validations and error annotations throw.
 * `Testing.synth` does none of this, so tests that use it pass on stacks that the command rejects.
 */
export function synth(build: (app: App) => void): Readonly<Record<string, SynthesizedStack>> {
  const outdir = mkdtempSync(join(tmpdir(), 'synth-'));
  try {
    const app = new App({ outdir });
    build(app);
    app.synth();
    const manifest = JSON.parse(readFileSync(join(outdir, 'manifest.json'), 'utf8')) as ManifestFile;
    return Object.fromEntries(
      Object.entries(manifest.stacks).map(([name, { synthesizedStackPath, annotations }]) => [
        name,
        read(join(outdir, synthesizedStackPath), annotations),
      ]),
    );
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** One stack named `test` with the provider that every stack needs. */
export function synthStack(build: (stack: TerraformStack) => void): SynthesizedStack {
  const { test } = synth((app) => {
    build(newStack(app, 'test'));
  });
  return test as SynthesizedStack;
}

export function newStack(app: App, name: string): TerraformStack {
  const stack = new TerraformStack(app, name);
  new CloudfoundryProvider(stack, 'cloudfoundry');
  return stack;
}

function read(file: string, annotations: SynthesizedStack['annotations']): SynthesizedStack {
  const text = readFileSync(file, 'utf8');
  const { resource = {}, data = {}, output = {} } = JSON.parse(text) as StackFile;
  const byId = (blocks: Readonly<Record<string, Block>> = {}) =>
    Object.fromEntries(Object.entries(blocks).map(([id, block]) => [id, withoutComment(block)]));
  return {
    byId: ({ tfResourceType }) => byId(resource[tfResourceType]),
    resources: ({ tfResourceType }) => Object.values(byId(resource[tfResourceType])),
    data: ({ tfResourceType }) => Object.values(byId(data[tfResourceType])),
    addresses: [...addresses(resource, ''), ...addresses(data, 'data.')],
    outputs: Object.fromEntries(Object.entries(output).map(([name, { value }]) => [name, value])),
    annotations,
    text,
    files: readdirSync(dirname(file), { recursive: true, encoding: 'utf8' })
      .filter((path) => statSync(join(dirname(file), path)).isFile())
      .sort(),
  };
}

function withoutComment(block: Block): Block {
  return Object.fromEntries(Object.entries(block).filter(([key]) => key !== '//'));
}

function addresses(blocks: StackFile['resource'] & object, prefix: string): string[] {
  return Object.entries(blocks).flatMap(([type, ids]) => Object.keys(ids).map((id) => `${prefix}${type}.${id}`));
}
