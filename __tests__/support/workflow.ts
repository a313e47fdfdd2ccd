import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { REPOSITORY } from '../../tools/platform';
import { evaluate, interpolate, truthy, type Contexts } from './expression';

interface Step {
  readonly name?: string;
  readonly id?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, unknown>>;
  readonly run?: string;
}

interface Job {
  readonly needs?: string;
  readonly if?: string;
  readonly environment?: string;
  readonly env?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly env?: Readonly<Record<string, unknown>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

/** Replaces an action, which a test can't download. */
export type Action = (options: Readonly<Record<string, string>>, workspace: string) => void;

export interface Machine {
  /** By name without the version, such as `actions/checkout`. */
  readonly actions: Readonly<Record<string, Action>>;
  readonly env: NodeJS.ProcessEnv;
  /** Secrets by environment; an environment that isn't listed has none. */
  readonly secrets?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface JobEnd {
  readonly result: 'success' | 'failure' | 'skipped';
  readonly outputs: Readonly<Record<string, string>>;
  readonly log: string;
}

/** Runs a workflow of this repository as GitHub does, step by step, with the shell that it names. */
export async function runWorkflow(
  file: string,
  contexts: Contexts,
  machine: Machine,
): Promise<Readonly<Record<string, JobEnd>>> {
  const workflow = readWorkflow(file);
  const ends: Record<string, JobEnd> = {};
  for (const [name, job] of Object.entries(workflow.jobs)) {
    const ofJob: Contexts = { ...contexts, needs: ends };
    const needed = job.needs === undefined ? 'success' : ends[job.needs]?.result;
    const wanted = job.if === undefined ? needed === 'success' : truthy(evaluate(job.if, ofJob));
    ends[name] = wanted
      ? await runJob(job, workflow.env ?? {}, ofJob, machine)
      : { result: 'skipped', outputs: {}, log: '' };
  }
  return ends;
}

/** Runs one step of a workflow, with its own environment and its job's, in an existing folder. */
export async function runStep(
  which: { readonly workflow: string; readonly job: string; readonly name: string },
  contexts: Contexts,
  at: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<{ readonly code: number | null; readonly printed: string }> {
  const job = readWorkflow(which.workflow).jobs[which.job];
  const step = job?.steps.find(({ name }) => name === which.name);
  if (step?.run === undefined) throw new Error(`${which.workflow} has no step '${which.name}' that runs something`);
  return shell(step.run, at.cwd, { ...at.env, ...valuesOf({ ...job?.env, ...step.env }, contexts) });
}

const readWorkflow = (file: string): Workflow =>
  parse(readFileSync(join(REPOSITORY, '.github', 'workflows', file), 'utf8')) as Workflow;

const valuesOf = (written: object, contexts: Contexts): Record<string, string> =>
  Object.fromEntries(Object.entries(written).map(([key, value]) => [key, interpolate(value, contexts)]));

async function runJob(job: Job, shared: object, contexts: Contexts, machine: Machine): Promise<JobEnd> {
  const folder = mkdtempSync(join(tmpdir(), 'workflow-'));
  const [workspace, temp, output] = ['workspace', 'temp', 'output'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(workspace);
  mkdirSync(temp);
  const secrets = machine.secrets?.[interpolate(job.environment ?? '', contexts)];
  const steps: Record<string, { readonly outputs: Readonly<Record<string, string>> }> = {};
  const ofJob: Contexts = { ...contexts, ...(secrets && { secrets }), steps, runner: { temp } };
  const env = valuesOf({ ...shared, ...job.env }, ofJob);
  const ofStep: Contexts = { ...ofJob, env };
  let log = '';
  let failed = false;
  try {
    for (const step of job.steps) {
      // After a failure, only steps whose condition asks for it run.
      if (failed && step.if?.includes('cancelled()') !== true) continue;
      if (step.if !== undefined && !truthy(evaluate(unwrapped(step.if), ofStep))) continue;
      if (step.uses !== undefined) {
        const action = machine.actions[step.uses.split('@')[0] ?? ''];
        if (action === undefined) throw new Error(`nothing stands for ${step.uses}`);
        action(valuesOf(step.with ?? {}, ofStep), workspace);
        continue;
      }
      writeFileSync(output, '');
      const ended = await shell(step.run ?? '', workspace, {
        ...machine.env,
        ...env,
        ...valuesOf(step.env ?? {}, ofStep),
        GITHUB_WORKSPACE: workspace,
        GITHUB_OUTPUT: output,
        GITHUB_STEP_SUMMARY: join(folder, 'summary'),
        RUNNER_TEMP: temp,
      });
      log += `${step.name ?? ''}: ${ended.printed}\n`;
      if (ended.code !== 0) failed = true;
      if (step.id !== undefined) steps[step.id] = { outputs: outputsIn(readFileSync(output, 'utf8')) };
    }
    return { result: failed ? 'failure' : 'success', outputs: valuesOf(job.outputs ?? {}, ofStep), log };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A condition that begins with `!` must be in braces, because `!` has a meaning in YAML. */
function unwrapped(condition: string): string {
  return condition.replace(/^\$\{\{(.*)\}\}$/s, '$1');
}

/** @see https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsshell */
const BASH = ['--noprofile', '--norc', '-eo', 'pipefail', '-c'];

async function shell(
  script: string,
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly code: number | null; readonly printed: string }> {
  const child = spawn('bash', [...BASH, script], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  return { code, printed };
}

function outputsIn(text: string): Record<string, string> {
  return Object.fromEntries(
    text
      .split('\n')
      .filter((line) => line.includes('='))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}
