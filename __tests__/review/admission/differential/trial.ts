import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual, promisify } from 'node:util';
import { startFoundation, type Foundation } from '@space-egress/foundation/testing';
import { numbered, type Json, merged } from './changes';
import { engineHere } from '../../../support/engines';
import type { Admission } from '../../../../review/admission/admission';
import { block, list } from '../../../../review/readers/json';
import { markdown } from '../../../../review/report/markdown';
import { reviewPlans } from '../../../../review/review';
import type { EngineName } from '../../../../tools/engine';
import { engineEnvironment, ensureProviders, withChange } from '../../../../tools/providers';
import { planFile } from '../../support/plan';

const run = promisify(execFile);

export type Admit = (change: Json, merged: Json) => Admission;

export interface Outcome {
  readonly refused: number;
  readonly planned: number;
  /** Changes that were admitted, but refused by the engine or the provider. */
  readonly failed: number;
  /** What was found, and where. */
  readonly leaks: readonly string[];
}

/** The deployed merged stack, with secrets wherever there can be one, and changes of it to plan. */
export class Trial {
  static async start(name: EngineName): Promise<Trial> {
    const engine = await engineHere(name);
    const change = await engineEnvironment(engine, await ensureProviders(name));
    const trial = new Trial(engine.path, change, await startFoundation());
    await trial.deploy();
    return trial;
  }

  private readonly folder = mkdtempSync(join(tmpdir(), 'differential-'));
  private readonly file = join(this.folder, 'secret.txt');
  private readonly secrets = { seed: canary(), kept: canary(), file: canary(), environment: canary() };
  private readonly env: NodeJS.ProcessEnv;
  private readonly canaries: Canaries;

  private constructor(
    private readonly engine: string,
    change: Readonly<Record<string, string | undefined>>,
    private readonly foundation: Foundation,
  ) {
    const { username, password } = foundation.service.credentials.deployer;
    this.env = withChange(process.env, {
      ...change,
      CF_API_URL: foundation.service.url,
      CF_USER: username,
      CF_PASSWORD: password,
      TF_VAR_seed: this.secrets.seed,
      TF_VAR_kept: this.secrets.kept,
      OF_THE_MACHINE: this.secrets.environment,
    });
    this.canaries = new Canaries([...Object.values(this.secrets), password]);
  }

  async close(): Promise<void> {
    await this.foundation.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Plans all admitted changes at once; if the engine or the provider refuses some, plans again without them. */
  async plan(changes: readonly Json[], admit: Admit): Promise<Outcome> {
    const base = merged();
    const admitted = new Map<number, Json>();
    changes.forEach((one, index) => {
      const { reasons, stacks } = admit(together(base, numbered(one, index, this.file)) as Json, base);
      const added = reasons.length === 0 ? (without(stacks[0]?.json, base) as Json | undefined) : undefined;
      const taken = twinsOf(added).some((twin) =>
        [...admitted.values()].some((other) => twinsOf(other).includes(twin)),
      );
      if (added !== undefined && !taken) admitted.set(index, added);
    });
    const leaks: string[] = [];
    const look = (where: string, text: string): void => {
      const found = this.canaries.find(text);
      if (found !== undefined) leaks.push(`${where}: ${found}`);
    };
    const left = new Map(admitted);
    for (;;) {
      const failing = await this.attempt(base, left, look);
      if (failing.length === 0) break;
      for (const index of failing) left.delete(index);
    }
    return { refused: changes.length - admitted.size, planned: left.size, failed: admitted.size - left.size, leaks };
  }

  /** Returns the numbers of the changes that fail, and examines what is shown of the others. */
  private async attempt(
    base: Json,
    admitted: ReadonlyMap<number, Json>,
    look: (where: string, text: string) => void,
  ): Promise<readonly number[]> {
    const stack = join(this.folder, 'stack');
    for (const name of readdirSync(stack)) if (name.endsWith('.tf.json')) rmSync(join(stack, name));
    const twins = new Set([...admitted.values()].flatMap(twinsOf));
    this.write(stack, 'base', withoutTwins(base, twins));
    for (const [index, added] of admitted) this.write(stack, `d${index}`, added);
    const { code, printed } = await this.terraform('plan', '-json', '-input=false', '-lock=false', '-out=tfplan');
    look('the log', printed);
    if (code !== 0) {
      const errors = printed.split('\n').filter((line) => line.includes('"@level":"error"'));
      const files = errors.flatMap((line) => /"filename":"d(\d+)\.tf\.json"/.exec(line)?.[1] ?? []);
      // An error that names no file, such as one from a provider, names the block.
      const blocks = errors.flatMap((line) => /"address":"[^"]*\.(?:x|twin)(\d+)/.exec(line)?.[1] ?? []);
      const failing = [...new Set([...files, ...blocks])].map(Number).filter((index) => admitted.has(index));
      if (failing.length > 0) return failing;
      if (admitted.size === 0) throw new Error(`the merged stack can't be planned: ${printed.slice(0, 3000)}`);
      // The engine can end without a message because of a defect in its language.
      const all = [...admitted];
      if (all.length === 1) return all.map(([index]) => index);
      const middle = Math.ceil(all.length / 2);
      const first = await this.attempt(base, new Map(all.slice(0, middle)), look);
      return [...first, ...(await this.attempt(base, new Map(all.slice(middle)), look))];
    }
    const shown = await this.terraform('show', '-json', 'tfplan');
    const json = JSON.parse(shown.printed) as unknown;
    for (const { where, text } of shownValues(json)) look(where, text);
    look('the comment', markdown(reviewPlans([planFile(json)])));
    return [];
  }

  private write(stack: string, name: string, json: unknown): void {
    writeFileSync(join(stack, `${name}.tf.json`), JSON.stringify(json));
  }

  private async deploy(): Promise<void> {
    writeFileSync(this.file, this.secrets.file);
    const stack = join(this.folder, 'stack');
    mkdirSync(stack);
    this.write(stack, 'base', merged());
    for (const args of [['init'], ['apply', '-auto-approve', `-state-out=${this.state}`]]) {
      const { code, printed } = await this.terraform(...args, '-input=false', '-no-color');
      if (code !== 0) throw new Error(printed);
    }
  }

  private get state(): string {
    return join(this.folder, 'terraform.tfstate');
  }

  private async terraform(...args: string[]): Promise<{ readonly code: number; readonly printed: string }> {
    const state = args[0] === 'plan' ? [`-state=${this.state}`] : [];
    const options = {
      cwd: join(this.folder, 'stack'),
      env: { ...this.env, TF_DATA_DIR: join(this.folder, 'data') },
      maxBuffer: 512 * 2 ** 20,
    };
    try {
      const { stdout, stderr } = await run(this.engine, [...args, ...state], options);
      return { code: 0, printed: stdout + stderr };
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      return { code: 1, printed: stdout + stderr };
    }
  }
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The synthesized program for a change: the merged stack with the additions and replacements. */
function together(base: unknown, added: unknown, depth = 0): unknown {
  if (added === undefined) return base;
  if (depth === 3 || base === undefined) return added;
  if (Array.isArray(base) || Array.isArray(added)) return [base, added].flat();
  if (!isObject(base) || !isObject(added)) return added;
  const names = [...new Set([...Object.keys(base), ...Object.keys(added)])];
  return Object.fromEntries(names.map((name) => [name, together(base[name], added[name], depth + 1)]));
}

/** What a stack has in addition to the merged one. */
function without(stack: unknown, base: unknown): unknown {
  if (!isObject(stack) || !isObject(base)) return stack;
  const rest = Object.entries(stack).flatMap(([name, value]): [string, unknown][] => {
    if (isDeepStrictEqual(value, base[name])) return [];
    return [
      [
        name,
        name in base && ['resource', 'data', 'locals', 'variable', 'output', 'terraform_data'].includes(name)
          ? without(value, base[name])
          : typed(name, value, base[name]),
      ],
    ];
  });
  return Object.fromEntries(rest);
}

/** The instances of a type that are new or changed. */
function typed(name: string, value: unknown, base: unknown): unknown {
  return name.startsWith('cloudfoundry_') && isObject(value) && isObject(base)
    ? Object.fromEntries(Object.entries(value).filter(([id, body]) => !isDeepStrictEqual(body, base[id])))
    : value;
}

function twinsOf(added: Json | undefined): readonly string[] {
  const data = (added?.resource as Json | undefined)?.terraform_data;
  return isObject(data) ? Object.keys(data).filter((id) => id.startsWith('twin')) : [];
}

function withoutTwins(base: Json, twins: ReadonlySet<string>): Json {
  const resource = base.resource as Record<string, Json>;
  const rest = Object.entries(resource.terraform_data ?? {}).filter(([id]) => !twins.has(id));
  return { ...base, resource: { ...resource, terraform_data: Object.fromEntries(rest) } };
}

/** A unique secret; it has `/` and `+`, which are encoded in a URL. */
export const canary = (): string => `${randomBytes(12).toString('hex')}/+${randomBytes(6).toString('hex')}`;

const HASHES = ['md5', 'sha1', 'sha256', 'sha512'];
/** Long enough that no plan contains it by chance. */
const PART = 10;

/** Everything that reveals a secret: its parts, forward and reversed, encoded, and its hashes. */
function traces(secret: string): readonly string[] {
  const reversed = Array.from(secret).reverse().join('');
  const bytes = Buffer.from(secret);
  const parts = [secret, reversed].flatMap((text) =>
    Array.from({ length: text.length - PART + 1 }, (_, at) => text.slice(at, at + PART)),
  );
  // Base64 of a longer text contains it in one of three forms.
  const encoded = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .slice(4, -4),
  );
  const hashes = HASHES.flatMap((name) => {
    const digest = createHash(name).update(secret).digest();
    return [digest.toString('hex').slice(0, 16), digest.toString('base64').slice(0, 12)];
  });
  return [...parts, ...encoded, bytes.toString('hex').slice(0, 24), encodeURIComponent(secret), ...hashes];
}

export class Canaries {
  private readonly pattern: RegExp;

  constructor(secrets: readonly string[]) {
    const all = secrets.flatMap(traces).map((text) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'));
    this.pattern = new RegExp(all.join('|'), 'i');
  }

  /** A trace of a secret in a text, if there is one. */
  find(text: string): string | undefined {
    return this.pattern.exec(text)?.[0];
  }
}

export interface Shown {
  readonly where: string;
  readonly text: string;
}

/** The values in a plan that aren't marked as sensitive, which the review can show. */
export function shownValues(plan: unknown): readonly Shown[] {
  const { resource_changes, resource_drift, output_changes, prior_state } = block(plan);
  const before = list(block(block(block(prior_state).values).root_module).resources);
  return [
    ...[...list(resource_changes), ...list(resource_drift)].flatMap((change) => {
      const { address, change: values } = block(change);
      return changed(String(address), values);
    }),
    ...Object.entries(block(output_changes)).flatMap(([name, values]) => changed(`output ${name}`, values)),
    ...before.flatMap((resource) => {
      const { address, values, sensitive_values: marks } = block(resource);
      return open(String(address), values, marks);
    }),
    // This resource is known to show its secret, but only here.
  ].filter(({ where }) => where !== 'terraform_data.kept');
}

function changed(where: string, change: unknown): readonly Shown[] {
  const { before, before_sensitive, after, after_sensitive } = block(change);
  return [...open(where, before, before_sensitive), ...open(where, after, after_sensitive)];
}

function open(where: string, value: unknown, marks: unknown): readonly Shown[] {
  if (marks === true) return [];
  if (Array.isArray(value)) return value.flatMap((each, index) => open(where, each, list(marks)[index]));
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([name, each]) => [
      { where, text: name },
      ...open(where, each, block(marks)[name]),
    ]);
  return [{ where, text: String(value) }];
}
