/** A folder with a configuration for the real provider, applied to a foundation. */
import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Engine } from '../../../tools/engine';
import { engineEnvironment, ensureProviders, withChange } from '../../../tools/providers';

const run = promisify(execFile);

export interface Account {
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

/** An empty ZIP file, since the in-memory cell doesn't read it. */
const EMPTY_ZIP = Buffer.from([0x50, 0x4b, 5, 6, ...Array<number>(18).fill(0)]);

type Values = Readonly<Record<string, unknown>>;

export interface ResourceChange {
  readonly address: string;
  readonly mode: 'managed' | 'data';
  readonly type: string;
  readonly change: {
    readonly actions: readonly string[];
    readonly before: Values | null;
    readonly after: Values | null;
    readonly after_unknown: unknown;
    readonly importing?: object;
  };
}

export interface StateResource {
  readonly address: string;
  readonly mode: 'managed' | 'data';
  readonly type: string;
  readonly values: Values;
}

export class Workspace {
  private constructor(
    private readonly folder: string,
    private readonly engine: Engine,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  public static async open(engine: Engine, configuration: string, account: Account): Promise<Workspace> {
    const change = await engineEnvironment(engine, await ensureProviders(engine.name));
    const folder = mkdtempSync(join(tmpdir(), 'foundation-provider-'));
    copyFileSync(configuration, join(folder, 'main.tf'));
    writeFileSync(join(folder, 'app.zip'), EMPTY_ZIP);
    const env = withChange(process.env, {
      ...change,
      CF_API_URL: account.url,
      CF_USER: account.username,
      CF_PASSWORD: account.password,
    });
    const workspace = new Workspace(folder, engine, env);
    await workspace.command('init', '-input=false');
    return workspace;
  }

  public close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Changes for the next apply. */
  public setVariables(values: Values): void {
    writeFileSync(join(this.folder, 'terraform.tfvars.json'), JSON.stringify(values));
  }

  /** Plans and applies changes, and returns them. */
  public async apply(...args: string[]): Promise<readonly ResourceChange[]> {
    await this.command('plan', '-input=false', '-out=plan', ...args);
    const plan = JSON.parse(await this.command('show', '-json', 'plan')) as { resource_changes?: ResourceChange[] };
    await this.command('apply', '-input=false', 'plan');
    return plan.resource_changes ?? [];
  }

  public plan(): Promise<string> {
    return this.command('plan', '-input=false');
  }

  public async state(): Promise<readonly StateResource[]> {
    const { values } = JSON.parse(await this.command('show', '-json')) as {
      values?: { root_module: { resources?: StateResource[] } };
    };
    return values?.root_module.resources ?? [];
  }

  /** Removes resources from the state and imports them; returns the plan's result. */
  public async reimport(resources: readonly { address: string; id: string }[]): Promise<readonly ResourceChange[]> {
    await this.command('state', 'rm', ...resources.map(({ address }) => address));
    const blocks = resources.map(({ address, id }) => `import {\n  to = ${address}\n  id = ${JSON.stringify(id)}\n}\n`);
    const file = join(this.folder, 'import.tf');
    writeFileSync(file, blocks.join(''));
    try {
      return await this.apply();
    } finally {
      rmSync(file);
    }
  }

  private async command(...args: string[]): Promise<string> {
    try {
      const { stdout } = await run(this.engine.path, args, {
        cwd: this.folder,
        env: { ...this.env, TF_CLI_ARGS: args.includes('-json') || args[0] === 'state' ? '' : '-no-color' },
        maxBuffer: 32 * 1024 * 1024,
      });
      return stdout;
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      throw new Error(`${this.engine.name} ${args.join(' ')} failed:\n${stdout}\n${stderr}`);
    }
  }
}
